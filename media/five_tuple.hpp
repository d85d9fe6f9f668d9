#pragma once
// Which client: what an allocation is keyed by (RFC 8656 §3.2).

#include "base/endpoint.hpp"

#include <compare>
#include <cstdint>

namespace catchup::media {

/// `relayed`: through a TURN allocation of this server. `client` is then the relayed
/// address and `server` the local service that the client sends to.
enum class transport : std::uint8_t { udp, tcp, relayed };

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
