#pragma once
// The root of the control plane. This is what main.cpp spawns.

#include "actors/api.hpp"
#include "actors/limiter.hpp"
#include "actors/messages/room.hpp"
#include "actors/messages/turn.hpp"
#include "actors/room.hpp"
#include "actors/service.hpp"
#include "actors/totals.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <functional>

namespace catchup::actors {

/// The registry as main.cpp and the operator's listener see it.
using root_actor = registry_actor::extend<caf::replies_to<msg::observe>::with<msg::observed>,
                                          caf::reacts_to<msg::operate>, caf::reacts_to<msg::probe>>;

struct registry_config {
  std::size_t max_rooms = 2000;
  /// Members of all rooms together; beyond it: unavailable.
  std::size_t max_members = 10'000;
  /// Forwarded requests without an answer yet; beyond it: unavailable.
  std::size_t max_in_flight = 1024;
  /// Time that a room or limiter has to answer; after it: unavailable.
  std::chrono::milliseconds patience{5000};
  /// Time that actors have to answer the operator's status question.
  std::chrono::milliseconds status_patience{1000};
  std::size_t max_status_requests = 4;

  /// Requests of one source in 60 s.
  std::uint32_t create_room_limit = 8;
  std::uint32_t livekit_token_limit = 30;
  std::uint32_t turn_credentials_limit = 30;
  std::size_t max_sources = 65'536;
  std::chrono::milliseconds limiter_restart{1000};

  /// Counters for the life of the process; rooms count there too.
  std::shared_ptr<totals> counts = std::make_shared<totals>();
  /// The registry calls it when draining begins and ends; may be empty.
  std::function<void(bool)> on_drain;

  /// `room.peer.make_session` must be set.
  room_config room;

  /// Makes the relay (spawn_relay); empty: there is none. The registry links it to itself and
  /// adds it to room.observers, so that the allocations of a member end with the membership.
  std::function<relay_actor(caf::local_actor& parent)> make_relay;

  /// Makes the actor of the media server, monitored by its parent; empty: there is none.
  /// It is made anew after a crash.
  std::function<service_actor(caf::local_actor& parent)> make_sfu;

  /// Make the other children; tests watch or replace them.
  std::function<room_actor(caf::local_actor& parent, base::room_tag,
                           std::shared_ptr<const room_config>)>
      make_room = spawn_room;
  std::function<limiter_actor(caf::local_actor& parent, limiter_config)> make_limiter =
      spawn_limiter;
};

/// Spawns the registry and, below it, the relay and the limiters; rooms follow
/// as they are joined. On exit_reason::user_shutdown everything below it ends: clients are
/// told `bye draining`. Throws std::invalid_argument on an incomplete config.
root_actor spawn_registry(caf::actor_system& sys, registry_config config);

} // namespace catchup::actors
