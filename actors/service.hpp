#pragma once
// A service beside the rooms, as the registry sees it.

#include "actors/messages/control.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace catchup::actors {

using service_actor = caf::typed_actor<caf::replies_to<msg::get_status>::with<msg::status>,
                                       caf::reacts_to<msg::drain>>;

} // namespace catchup::actors
