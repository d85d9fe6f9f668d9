#pragma once
// Counters of the control plane since the start of the process. Rooms and
// peers come and go; these numbers only grow.

#include "actors/errc.hpp"
#include "actors/messages/control.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace catchup::actors {

/// Every actor adds, any thread reads; no number depends on another.
struct totals {
  using counter = std::atomic<std::uint64_t>;

  counter members{0}; ///< now, in all rooms

  counter joins{0};
  counter resumes{0};
  counter signals{0}; ///< handed from one member to another

  /// How memberships ended.
  counter left{0}, lost{0}, kicked{0}, crashed{0};

  counter room_crashes{0}, limiter_crashes{0};
  counter room_restarts{0}, limiter_restarts{0};

  counter rooms_full{0};   ///< joins refused because there are max_rooms
  counter members_full{0}; ///< joins refused because there are max_members
  counter overloaded{0};   ///< requests refused because too many are in flight
  /// Refused joins and resumes, by the code that the client got.
  std::array<counter, 10> refused{};
  counter& refused_with(errc e) { return refused.at(static_cast<std::size_t>(e)); }

  /// Requests at the issuance endpoints.
  struct requests {
    counter allowed{0}, refused{0};
  };
  std::array<requests, 3> limiters{};
  requests& of(endpoint_kind e) { return limiters.at(static_cast<std::size_t>(e)); }
};

} // namespace catchup::actors
