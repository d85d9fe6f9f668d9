#pragma once

#include "actors/sfu/messages.hpp"

#include <caf/fwd.hpp>

#include <atomic>
#include <functional>

namespace catchup::actors {

/// Totals of all rooms; read on any thread.
struct sfu_totals {
  std::atomic<std::uint64_t> participants{0}; ///< now
  std::atomic<std::uint64_t> joins{0};
  std::atomic<std::uint64_t> resumes{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> limited{0}; ///< requests beyond a limit
  std::atomic<std::uint64_t> session_crashes{0};
  std::atomic<std::uint64_t> commands_lost{0}; ///< that found the queue of the media thread full
};

struct sfu_config {
  sfu::signal::room_config room;
  std::shared_ptr<sfu::signal::media::plane> media;
  /// Milliseconds since 1970. Called on any thread.
  std::function<std::int64_t()> wall_ms;
  std::size_t max_rooms = 500;
  /// How long a room stays without participants.
  base::duration idle{std::chrono::seconds{20}};
  std::shared_ptr<sfu_totals> counts = std::make_shared<sfu_totals>();
};

/// Spawns a room, monitored by `parent`; it ends with it. Its participants have the ids
/// from `first_id` on. However it ends, its participants leave the media server.
sfu_room_actor spawn_sfu_room(caf::local_actor& parent, std::string name,
                              sfu::signal::participant_id first_id,
                              std::shared_ptr<const sfu_config> config);

} // namespace catchup::actors
