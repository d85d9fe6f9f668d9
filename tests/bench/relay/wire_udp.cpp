#include "options.hpp"
#include "wire.hpp"

#include <array>
#include <cstring>
#include <netinet/udp.h>
#include <poll.h>
#include <unistd.h>

namespace catchup::bench {

namespace {

constexpr std::size_t batch = 64;
constexpr std::size_t largest = 65'536;
constexpr std::uint32_t first_address = (127u << 24) | (16u << 16) | 1;

class udp final : public wire {
public:
  udp(std::uint16_t server_port, bool gro) : space_(batch * stride) {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int on = 1;
    int room = 64 << 20;
    ::setsockopt(fd_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    for (auto o : {SO_RCVBUF, SO_SNDBUF, SO_RCVBUFFORCE, SO_SNDBUFFORCE})
      ::setsockopt(fd_, SOL_SOCKET, o, &room, sizeof room);
    if (gro)
      ::setsockopt(fd_, SOL_UDP, UDP_GRO, &on, sizeof on);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0)
      options::fail("cannot bind");
    server_.sin_family = AF_INET;
    server_.sin_port = htons(server_port);
    server_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  ~udp() override { ::close(fd_); }

  std::size_t send(const std::vector<piece>& all) override {
    std::size_t done = 0;
    while (done < all.size()) {
      auto n = std::min(batch, all.size() - done);
      for (std::size_t i = 0; i < n; ++i)
        prepare(i, all[done + i]);
      auto sent = ::sendmmsg(fd_, out_.data(), static_cast<unsigned>(n), 0);
      if (sent <= 0)
        return done;
      done += static_cast<std::size_t>(sent);
    }
    return done;
  }

  void receive(int patience_ms, const on_frame& f) override {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, patience_ms) != 1)
      return;
    for (std::size_t i = 0; i < batch; ++i) {
      in_vectors_[i] = {space_.data() + i * stride, largest};
      auto& m = in_[i].msg_hdr;
      m = {};
      m.msg_iov = &in_vectors_[i];
      m.msg_iovlen = 1;
      m.msg_control = in_controls_[i].data();
      m.msg_controllen = in_controls_[i].size();
    }
    auto n = ::recvmmsg(fd_, in_.data(), batch, MSG_DONTWAIT, nullptr);
    for (int i = 0; i < n; ++i)
      hand_on(in_[i], space_.data() + static_cast<std::size_t>(i) * stride, f);
  }

private:
  static constexpr std::size_t stride = largest + 2112; // not all in the same cache sets
  using control = std::array<char, 128>;

  void prepare(std::size_t i, const piece& p) {
    out_vectors_[i] = {const_cast<std::byte*>(p.bytes.data()), p.bytes.size()};
    auto& m = out_[i].msg_hdr;
    m = {};
    m.msg_name = &server_;
    m.msg_namelen = sizeof server_;
    m.msg_iov = &out_vectors_[i];
    m.msg_iovlen = 1;
    m.msg_control = out_controls_[i].data();
    m.msg_controllen = out_controls_[i].size();
    auto* c = CMSG_FIRSTHDR(&m);
    in_pktinfo from{};
    from.ipi_spec_dst = address_of(p.client);
    c->cmsg_level = IPPROTO_IP;
    c->cmsg_type = IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(sizeof from);
    std::memcpy(CMSG_DATA(c), &from, sizeof from);
    m.msg_controllen = CMSG_SPACE(sizeof from);
    if (p.segment == 0)
      return;
    auto* s = reinterpret_cast<cmsghdr*>(out_controls_[i].data() + CMSG_SPACE(sizeof from));
    s->cmsg_level = SOL_UDP;
    s->cmsg_type = UDP_SEGMENT;
    s->cmsg_len = CMSG_LEN(sizeof p.segment);
    std::memcpy(CMSG_DATA(s), &p.segment, sizeof p.segment);
    m.msg_controllen += CMSG_SPACE(sizeof p.segment);
  }

  static void hand_on(mmsghdr& h, const std::byte* data, const on_frame& f) {
    std::size_t client = 0;
    std::size_t segment = h.msg_len;
    auto& m = h.msg_hdr;
    for (auto* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c))
      if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        in_pktinfo to;
        std::memcpy(&to, CMSG_DATA(c), sizeof to);
        client = ntohl(to.ipi_addr.s_addr) - first_address;
      } else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
        int size = 0;
        std::memcpy(&size, CMSG_DATA(c), sizeof size);
        segment = static_cast<std::size_t>(size);
      }
    base::const_bytes left{data, h.msg_len};
    do {
      auto one = left.first(std::min(segment, left.size()));
      f(client, one);
      left = left.subspan(one.size());
    } while (!left.empty());
  }

  int fd_ = -1;
  sockaddr_in server_{};
  base::buffer space_;
  std::array<mmsghdr, batch> in_{};
  std::array<iovec, batch> in_vectors_{};
  std::array<control, batch> in_controls_{};
  std::array<mmsghdr, batch> out_{};
  std::array<iovec, batch> out_vectors_{};
  alignas(cmsghdr) std::array<control, batch> out_controls_{};
};

} // namespace

in_addr address_of(std::size_t client) {
  return {htonl(first_address + static_cast<std::uint32_t>(client))};
}

std::unique_ptr<wire> udp_wire(std::uint16_t server_port, bool gro) {
  return std::make_unique<udp>(server_port, gro);
}

} // namespace catchup::bench
