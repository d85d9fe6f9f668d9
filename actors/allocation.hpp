#pragma once
// The actor around one turn::allocation.

#include "actors/messages/turn.hpp"
#include "turn/allocation.hpp"
#include "turn/shell/command_sink.hpp"

#include <caf/fwd.hpp>

#include <memory>

namespace catchup::actors {

/// Spawns an allocation, monitored by `relay`. It lives until its end is asked for or its
/// time is over. However it ends, the media thread forgets it.
allocation_actor spawn_allocation(const relay_actor::pointer& relay, turn::allocation core,
                                  std::shared_ptr<turn::shell::command_sink> media);

} // namespace catchup::actors
