#include "turn/port/udp_batch.hpp"

#include "turn/port/socket_address.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace catchup::turn::port {

namespace {

constexpr std::size_t max_datagram = 65'536;
constexpr std::array<std::byte, 4> zeros{};

// Large enough for either kind of packet information.
struct control {
  alignas(cmsghdr)
      std::array<char, CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo))> data;
};

base::ip_address destination(msghdr& m) {
  for (auto* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return to_address(info.ipi6_addr);
    }
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(c), sizeof info);
      return to_address(info.ipi_addr);
    }
  }
  return {};
}

template <class Info>
void put(msghdr& m, control& space, int level, int type, const Info& info) {
  m.msg_control = space.data.data();
  m.msg_controllen = CMSG_SPACE(sizeof info);
  auto* c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(c), &info, sizeof info);
}

void set_source(msghdr& m, control& space, const base::ip_address& ip, bool ipv6) {
  if (ip.is_unspecified())
    return;
  if (ipv6) {
    in6_pktinfo info{};
    info.ipi6_addr = to_in6_addr(ip);
    put(m, space, IPPROTO_IPV6, IPV6_PKTINFO, info);
  } else {
    in_pktinfo info{};
    info.ipi_spec_dst = to_in_addr(ip);
    put(m, space, IPPROTO_IP, IP_PKTINFO, info);
  }
}

iovec view(base::const_bytes in) {
  return {const_cast<std::byte*>(in.data()), in.size()}; // sendmsg does not write
}

} // namespace

struct udp_receiver::arrays {
  std::array<mmsghdr, batch> headers{};
  std::array<iovec, batch> vectors{};
  std::array<socket_address, batch> names;
  std::array<control, batch> controls{};
  // Pages that are never written cost nothing.
  std::unique_ptr<std::byte[]> space{new std::byte[batch * max_datagram]};
};

udp_receiver::udp_receiver(int fd, std::uint16_t server_port)
  : fd_(fd), server_port_(server_port), arrays_(std::make_unique<arrays>()) {
  out_.reserve(batch);
}

udp_receiver::~udp_receiver() = default;

const std::vector<udp_receiver::datagram>& udp_receiver::receive() {
  auto& a = *arrays_;
  for (std::size_t i = 0; i < batch; ++i) {
    a.vectors[i] = {a.space.get() + i * max_datagram, max_datagram};
    auto& m = a.headers[i].msg_hdr;
    m.msg_name = a.names[i].data();
    m.msg_namelen = *a.names[i].capacity();
    m.msg_iov = &a.vectors[i];
    m.msg_iovlen = 1;
    m.msg_control = a.controls[i].data.data();
    m.msg_controllen = a.controls[i].data.size();
    m.msg_flags = 0;
  }
  out_.clear();
  auto n = ::recvmmsg(fd_, a.headers.data(), batch, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < n; ++i) {
    auto& m = a.headers[i].msg_hdr;
    datagram d;
    d.from.client = a.names[i].to_endpoint();
    d.from.server = {destination(m), server_port_};
    d.bytes = {a.space.get() + i * max_datagram, a.headers[i].msg_len};
    if ((m.msg_flags & MSG_TRUNC) == 0)
      out_.push_back(d);
  }
  return out_;
}

struct udp_sender::arrays {
  std::array<mmsghdr, batch> headers{};
  std::array<std::array<iovec, 3>, batch> vectors{};
  std::array<socket_address, batch> names;
  std::array<control, batch> controls{};
  std::array<base::buffer, batch> copies;
};

udp_sender::udp_sender(int fd, bool ipv6, bool from_any)
  : fd_(fd), ipv6_(ipv6), from_any_(from_any), arrays_(std::make_unique<arrays>()) {}

udp_sender::~udp_sender() = default;

void udp_sender::add(const transmit& t, bool copy_payload) {
  if (!ipv6_ && !t.to.client.ip.is_v4())
    return;
  if (used_ == batch)
    lost_ += flush();
  auto& a = *arrays_;
  auto i = used_++;
  auto& copy = a.copies[i];
  copy.assign(t.head.begin(), t.head.end());
  if (copy_payload)
    copy.insert(copy.end(), t.payload.begin(), t.payload.end());
  a.vectors[i] = {view(copy), view(copy_payload ? base::const_bytes{} : t.payload),
                  view(base::const_bytes{zeros}.first(t.padding))};
  a.names[i] = socket_address{t.to.client, ipv6_};
  auto& m = a.headers[i].msg_hdr;
  m = {};
  m.msg_name = a.names[i].data();
  m.msg_namelen = a.names[i].size();
  m.msg_iov = a.vectors[i].data();
  m.msg_iovlen = a.vectors[i].size();
  if (from_any_)
    set_source(m, a.controls[i], t.to.server.ip, ipv6_);
}

std::size_t udp_sender::flush() {
  std::size_t done = 0;
  while (done < used_) {
    auto n = ::sendmmsg(fd_, arrays_->headers.data() + done, static_cast<unsigned>(used_ - done),
                        MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
      continue;
    }
    if (errno == EINTR)
      continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      lost_ += used_ - done;
      break;
    }
    ++lost_; // this one is too large or has nowhere to go; its neighbours have
    ++done;
  }
  used_ = 0;
  return std::exchange(lost_, 0);
}

} // namespace catchup::turn::port
