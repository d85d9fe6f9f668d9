// Speaks just enough STUN to be measured by the same generator: an Allocate is
// answered with a made-up address, a bind couples the two clients, and from
// then on every packet of one goes to the other as it is.

#include "commands.hpp"
#include "media/stun/writer.hpp"

#include <array>
#include <cstring>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>
#include <vector>

namespace catchup::bench {

namespace {

using namespace media::stun;

constexpr std::size_t batch = 64;
constexpr std::size_t largest = 65'536;
constexpr std::size_t stride = largest + 2112;
constexpr std::uint16_t first_port = 49'152;

base::endpoint to_endpoint(const sockaddr_in& a) {
  std::array<std::uint8_t, 4> octets{};
  std::memcpy(octets.data(), &a.sin_addr, octets.size());
  return {base::ip_address::v4(octets), ntohs(a.sin_port)};
}

std::uint64_t key_of(const sockaddr_in& a) {
  return std::uint64_t{a.sin_addr.s_addr} << 16 | a.sin_port;
}

class forwarder {
public:
  forwarder(std::uint16_t port, bool trains) : trains_(trains), space_(batch * stride) {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int room = 4 << 20;
    int on = 1;
    for (auto o : {SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE})
      ::setsockopt(fd_, SOL_SOCKET, o, &room, sizeof room);
    if (trains)
      ::setsockopt(fd_, SOL_UDP, UDP_GRO, &on, sizeof on);
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_port = htons(port);
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&self), sizeof self) != 0)
      options::fail("cannot bind");
  }
  ~forwarder() { ::close(fd_); }

  void run() {
    for (;;) {
      for (std::size_t i = 0; i < batch; ++i) {
        vectors_[i] = {space_.data() + i * stride, largest};
        auto& m = in_[i].msg_hdr;
        m = {};
        m.msg_name = &names_[i];
        m.msg_namelen = sizeof names_[i];
        m.msg_iov = &vectors_[i];
        m.msg_iovlen = 1;
        m.msg_control = controls_[i].data();
        m.msg_controllen = controls_[i].size();
      }
      auto n = ::recvmmsg(fd_, in_.data(), batch, MSG_WAITFORONE, nullptr);
      unsigned ready = 0;
      for (int i = 0; i < n; ++i)
        ready += pass_on(i, ready) ? 1 : 0;
      for (unsigned done = 0; done < ready;) {
        auto sent = ::sendmmsg(fd_, out_.data() + done, ready - done, 0);
        done += sent > 0 ? static_cast<unsigned>(sent) : 1;
      }
    }
  }

private:
  bool pass_on(int i, unsigned slot) {
    const auto* data = space_.data() + static_cast<std::size_t>(i) * stride;
    if (std::to_integer<unsigned>(*data) < 0x40) {
      answer(names_[i], {data, in_[i].msg_len});
      return false;
    }
    auto to = partner_.find(key_of(names_[i]));
    if (to == partner_.end())
      return false;
    auto& m = out_[slot].msg_hdr;
    m = {};
    vectors_[i].iov_len = in_[i].msg_len;
    m.msg_name = &to->second;
    m.msg_namelen = sizeof to->second;
    m.msg_iov = &vectors_[i];
    m.msg_iovlen = 1;
    auto& h = in_[i].msg_hdr;
    for (auto* c = CMSG_FIRSTHDR(&h); c != nullptr; c = CMSG_NXTHDR(&h, c))
      if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
        int size = 0;
        std::memcpy(&size, CMSG_DATA(c), sizeof size);
        auto segment = static_cast<std::uint16_t>(size);
        m.msg_control = out_controls_[slot].data();
        m.msg_controllen = CMSG_SPACE(sizeof segment);
        auto* s = CMSG_FIRSTHDR(&m);
        s->cmsg_level = SOL_UDP;
        s->cmsg_type = UDP_SEGMENT;
        s->cmsg_len = CMSG_LEN(sizeof segment);
        std::memcpy(CMSG_DATA(s), &segment, sizeof segment);
      }
    return true;
  }

  void answer(const sockaddr_in& from, base::const_bytes in) {
    auto m = message::parse(in);
    if (!m || m->cls() != message_class::request)
      return;
    std::array<std::byte, 256> space;
    bool challenge = !m->find(attribute::username);
    message_writer w{space, challenge ? message_class::error : message_class::success, m->method(),
                     m->transaction()};
    if (challenge) {
      w.add_error_code(401);
      w.add_text(attribute::realm, "bench");
      w.add_text(attribute::nonce, "bench");
    } else if (m->method() == method::allocate) {
      auto [i, fresh] = ports_.try_emplace(
          key_of(from), static_cast<std::uint16_t>(first_port + clients_.size()));
      if (fresh)
        clients_.push_back(from);
      base::endpoint relayed{to_endpoint(from).ip, i->second};
      w.add_xor_address(attribute::xor_relayed_address, relayed);
      w.add_xor_address(attribute::xor_mapped_address, to_endpoint(from));
    } else if (auto value = m->find(attribute::xor_peer_address)) {
      auto peer = read_xor_address(*value, m->transaction());
      if (peer && peer->port >= first_port && peer->port - first_port < int(clients_.size()))
        partner_[key_of(from)] = clients_[peer->port - first_port];
    }
    auto whole = *w.finish();
    ::sendto(fd_, whole.data(), whole.size(), 0, reinterpret_cast<const sockaddr*>(&from),
             sizeof from);
  }

  int fd_ = -1;
  bool trains_;
  base::buffer space_;
  std::array<mmsghdr, batch> in_{};
  std::array<mmsghdr, batch> out_{};
  std::array<iovec, batch> vectors_{};
  std::array<sockaddr_in, batch> names_{};
  std::array<std::array<char, 128>, batch> controls_{};
  std::array<std::array<char, 64>, batch> out_controls_{};
  std::unordered_map<std::uint64_t, std::uint16_t> ports_;
  std::unordered_map<std::uint64_t, sockaddr_in> partner_;
  std::vector<sockaddr_in> clients_;
};

} // namespace

int forward(const options& o) {
  forwarder{static_cast<std::uint16_t>(o.number("port", 3478)), o.number("gro", 0) != 0}.run();
  return 0;
}

} // namespace catchup::bench
