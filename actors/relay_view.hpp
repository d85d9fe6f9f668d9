#pragma once
// The relay and its allocations as the operator sees them.

#include "actors/inner_api.hpp"
#include "actors/messages/turn.hpp"
#include "base/time.hpp"

#include <caf/fwd.hpp>

namespace catchup::actors {

/// The pseudonym of an allocation.
std::string allocation_name(turn::allocation_id id);

/// Lists `relay` first, then its allocations; `of` is the peer of an allocation.
msg::status relay_view(const msg::relay_status& relay);

/// Spawns an actor that answers one get_status with the view of `relay`, fails
/// when that does not answer within `patience`, and ends.
status_source spawn_relay_view(caf::local_actor& parent, relay_actor relay,
                               base::duration patience);

} // namespace catchup::actors
