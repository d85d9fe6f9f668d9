#pragma once

#include "actors/sfu/room.hpp"

namespace catchup::actors {

/// Spawns the actor that owns all rooms of the media server, monitored by `parent`; it
/// ends with it. Hears of news from `config.media` until it ends.
sfu_actor spawn_sfu(caf::local_actor& parent, sfu_config config);

} // namespace catchup::actors
