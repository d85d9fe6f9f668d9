#pragma once
// The addresses of this server. The relay is a closed loop: relayed addresses are virtual, no
// socket is bound to them, and only they and the services of this program can be peers.

#include "base/endpoint.hpp"
#include "turn/request.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace catchup::turn {

/// Relayed ports (RFC 8656 §7.2 recommends the dynamic range).
inline constexpr std::uint16_t first_relayed_port = 49152;
inline constexpr std::size_t relayed_ports = 65536 - first_relayed_port;

struct address_plan {
  /// The server's public addresses, at most one of a family.
  std::vector<base::ip_address> public_ips;
  /// Endpoints of this program that clients may reach through the relay, such as the
  /// SFU's; none unless a handler on the media port serves them.
  std::vector<base::endpoint> local_services{};

  std::optional<base::ip_address> public_ip(turn::family wanted) const {
    for (const auto& ip : public_ips)
      if (ip.is_v4() == (wanted == turn::family::ipv4))
        return ip;
    return std::nullopt;
  }

  bool is_ours(const base::ip_address& ip) const {
    return std::ranges::find(public_ips, ip) != public_ips.end() ||
           std::ranges::find(local_services, ip, &base::endpoint::ip) != local_services.end();
  }

  /// Whether traffic to `peer` may be asked for. The allocation behind it need
  /// not exist yet.
  bool may_be_peer(const base::endpoint& peer) const {
    return (std::ranges::find(public_ips, peer.ip) != public_ips.end() &&
            peer.port >= first_relayed_port) ||
           std::ranges::find(local_services, peer) != local_services.end();
  }
};

} // namespace catchup::turn
