#pragma once
// Which client: what an allocation is keyed by (RFC 8656 §3.2).

#include "base/endpoint.hpp"

#include <compare>
#include <cstdint>

namespace catchup::media {

enum class transport : std::uint8_t {
  udp,
  /// TCP or TLS with the framing of STUN and TURN (RFC 8656 §3.1).
  tcp,
  /// Through a TURN allocation of this server. `client` is then the relayed address
  /// and `server` the local service that the client sends to.
  relayed,
  /// TCP or TLS with a length before each packet, as ICE has it (RFC 6544, RFC 4571).
  ice_tcp,
};

/// Whether packets go over a TCP connection.
constexpr bool is_stream(transport t) noexcept {
  return t == transport::tcp || t == transport::ice_tcp;
}

struct five_tuple {
  base::endpoint client;
  base::endpoint server;
  media::transport transport = media::transport::udp;
  /// Tells TCP connections with equal addresses apart: a new one is a new
  /// client. Zero over UDP.
  std::uint64_t connection = 0;

  auto operator<=>(const five_tuple&) const = default;
};

inline std::size_t hash_value(const five_tuple& t) noexcept {
  auto h = base::hash_value(t.client) + 0x9e3779b97f4a7c15ULL * base::hash_value(t.server);
  return h ^ (t.connection * 0xff51afd7ed558ccdULL) ^ static_cast<std::size_t>(t.transport);
}

} // namespace catchup::media

template <>
struct std::hash<catchup::media::five_tuple> {
  std::size_t operator()(const catchup::media::five_tuple& t) const noexcept {
    return catchup::media::hash_value(t);
  }
};
