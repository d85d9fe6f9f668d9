#pragma once

#include "actors/sfu/messages.hpp"

#include <functional>

namespace catchup::actors {

/// Spawns the session of a participant, monitored by `room`; it ends with it, and its
/// connection with both. `wall_ms` is the time since 1970.
session_actor spawn_session(const sfu_room_actor::pointer& room, sfu::signal::participant_id who,
                            std::function<std::int64_t()> wall_ms);

} // namespace catchup::actors
