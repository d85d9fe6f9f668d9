#pragma once
// Registers our message types with an actor_system.

#include <caf/fwd.hpp>

namespace catchup::actors {

/// Adds the control plane's message types and its error category. Call it once,
/// before the actor_system is made.
void add_control_messages(caf::actor_system_config& cfg);

} // namespace catchup::actors
