#pragma once
// Counters of the TURN core since the start, for the operator: numbers only.

#include <cstdint>

namespace catchup::turn {

struct core_counters {
  std::uint64_t bindings = 0;
  std::uint64_t challenges = 0; // 401 and 438
  std::uint64_t auth_wrong = 0; // signed, and not with our credentials
  std::uint64_t auth_expired = 0;
  std::uint64_t auth_stale = 0; // 438
  std::uint64_t requests = 0;   // handed to the actors
  std::uint64_t forwarded = 0;
  std::uint64_t dropped = 0; // media without permission, channel or route
  std::uint64_t malformed = 0;

  // Refusals by a limit.
  std::uint64_t refused = 0;             // requests: too many in flight
  std::uint64_t limited_strangers = 0;   // unauthenticated, of one source
  std::uint64_t limited_requests = 0;    // authenticated, of one source
  std::uint64_t limited_allocations = 0; // media of one allocation
  std::uint64_t limited_uninvited = 0;   // media from whom the client has not sent to
  std::uint64_t limited_media = 0;       // media of all
  std::uint64_t tcp_refused = 0;         // connections: too many
  std::uint64_t tcp_idle = 0;            // connections closed without an allocation
  std::uint64_t tcp_dropped = 0;         // media for clients that read too slowly

  bool operator==(const core_counters&) const = default;
};

} // namespace catchup::turn
