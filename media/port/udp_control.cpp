#include "media/port/udp_control.hpp"

#include "media/port/socket_address.hpp"

#include <cstring>
#include <netinet/udp.h>

namespace catchup::media::port {

namespace {

template <class T>
T value_of(cmsghdr* c) noexcept {
  T out;
  std::memcpy(&out, CMSG_DATA(c), sizeof out);
  return out;
}

// Behind what is there already; room for it there is (udp_control).
template <class T>
void append(msghdr& m, int level, int type, const T& value) noexcept {
  auto* c = reinterpret_cast<cmsghdr*>(static_cast<char*>(m.msg_control) + m.msg_controllen);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(sizeof value);
  std::memcpy(CMSG_DATA(c), &value, sizeof value);
  m.msg_controllen += CMSG_SPACE(sizeof value);
}

} // namespace

udp_arrival_info read_control(msghdr& m) noexcept {
  udp_arrival_info out;
  for (auto* c = CMSG_FIRSTHDR(&m); c != nullptr; c = CMSG_NXTHDR(&m, c))
    if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
      out.to = to_address(value_of<in6_pktinfo>(c).ipi6_addr);
    else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
      out.to = to_address(value_of<in_pktinfo>(c).ipi_addr);
    else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
      out.segment = static_cast<std::size_t>(value_of<int>(c));
  return out;
}

void write_control(msghdr& m, udp_control& space, const base::ip_address& from, bool ipv6,
                   std::uint16_t segment) noexcept {
  m.msg_control = space.data.data();
  m.msg_controllen = 0;
  if (!from.is_unspecified()) {
    if (ipv6) {
      in6_pktinfo info{};
      info.ipi6_addr = to_in6_addr(from);
      append(m, IPPROTO_IPV6, IPV6_PKTINFO, info);
    } else {
      in_pktinfo info{};
      info.ipi_spec_dst = to_in_addr(from);
      append(m, IPPROTO_IP, IP_PKTINFO, info);
    }
  }
  if (segment != 0)
    append(m, SOL_UDP, UDP_SEGMENT, segment);
  if (m.msg_controllen == 0)
    m.msg_control = nullptr;
}

} // namespace catchup::media::port
