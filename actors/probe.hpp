#pragma once
// Checks whether the actors still answer.

#include "actors/registry.hpp"

#include <array>
#include <functional>
#include <string_view>

namespace catchup::actors {

/// Each of them, with its name for the log.
inline constexpr std::array<std::pair<msg::vital_actor, std::string_view>, 5> vital_actors{{
    {msg::vital_actor::registry, "registry"},
    {msg::vital_actor::relay, "relay"},
    {msg::vital_actor::create_room, "limiter create-room"},
    {msg::vital_actor::livekit_token, "limiter livekit-token"},
    {msg::vital_actor::turn_credentials, "limiter turn-credentials"},
}};

/// Calls `alive` once, on a thread of the actor system, when the actor has handled all
/// earlier messages or has ended. Never calls it while the actor does not answer.
void probe(caf::actor_system& sys, const root_actor& registry, msg::vital_actor of,
           std::function<void()> alive);

} // namespace catchup::actors
