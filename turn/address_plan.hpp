#pragma once
// Which addresses are this server's own. The relay is a closed loop: relayed
// addresses are virtual, no socket has them, and nothing else can be a peer.

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

  std::optional<base::ip_address> public_ip(turn::family wanted) const {
    for (const auto& ip : public_ips)
      if (ip.is_v4() == (wanted == turn::family::ipv4))
        return ip;
    return std::nullopt;
  }

  bool is_ours(const base::ip_address& ip) const {
    return std::find(public_ips.begin(), public_ips.end(), ip) != public_ips.end();
  }

  /// Whether traffic to `peer` may be asked for. The allocation behind it need
  /// not exist yet.
  bool may_be_peer(const base::endpoint& peer) const {
    return is_ours(peer.ip) && peer.port >= first_relayed_port;
  }
};

} // namespace catchup::turn
