#pragma once
// Finding out whether the registry still answers.

#include "actors/registry.hpp"

#include <functional>

namespace catchup::actors {

/// Calls `alive` on a thread of the actor system once the registry has worked
/// off what it was sent before; never when it does not.
void probe(caf::actor_system& sys, const root_actor& registry, std::function<void()> alive);

} // namespace catchup::actors
