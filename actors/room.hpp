#pragma once

#include "actors/inner_api.hpp"
#include "actors/messages/membership.hpp"
#include "actors/peer.hpp"
#include "actors/totals.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace catchup::actors {

struct room_config {
  /// Members at a time.
  std::size_t cap = 16;
  /// Actors that hear of the memberships of every room. They outlive the rooms.
  std::vector<membership_observer> observers;
  /// Observers of a room, those included; `observe` is refused beyond it.
  std::size_t max_observers = 64;
  /// How long a room stays open without members.
  std::chrono::seconds idle{60};
  /// Time that peers have to answer the operator's status question.
  std::chrono::milliseconds status_patience{500};
  /// Counters of the registry, if there is one.
  std::shared_ptr<totals> counts = std::make_shared<totals>();
  /// The number of a new room's first group: greater than that of any before,
  /// also in an earlier process, and below 2^53. Called on any thread.
  std::function<std::uint64_t()> first_incarnation = [] { return std::uint64_t{1}; };
  peer_config peer;
};

/// Spawns an empty room, monitored by `parent`; it ends with it.
room_actor spawn_room(caf::local_actor& parent, base::room_tag tag,
                      std::shared_ptr<const room_config> config);

} // namespace catchup::actors
