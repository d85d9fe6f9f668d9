#pragma once
// Control messages of UDP sockets: which of our addresses, and how long the
// datagrams of a train are.

#include "base/endpoint.hpp"

#include <array>
#include <cstdint>
#include <netinet/in.h>
#include <sys/socket.h>

namespace catchup::media::port {

/// Large enough for packet information of both families and a length.
struct udp_control {
  static constexpr std::size_t size =
      CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(int));
  alignas(cmsghdr) std::array<char, size> data;
};

struct udp_arrival_info {
  base::ip_address to;
  std::size_t segment = 0; // 0: not a train
};

udp_arrival_info read_control(msghdr& m) noexcept;

/// The source that a datagram shall have and, unless 0, the length of each
/// datagram of a train.
void write_control(msghdr& m, udp_control& space, const base::ip_address& from, bool ipv6,
                   std::uint16_t segment) noexcept;

} // namespace catchup::media::port
