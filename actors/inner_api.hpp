#pragma once
// Interfaces of the actors among themselves; other folders need only api.hpp.

#include "actors/api.hpp"
#include "actors/messages/membership.hpp"
#include "actors/messages/room.hpp"

namespace catchup::actors {

/// An actor that reports its status to the operator.
using status_source = caf::typed_actor<caf::replies_to<msg::get_status>::with<msg::status>>;

/// A peer as its room sees it.
using member_actor =
    peer_actor::extend<caf::replies_to<msg::greet>::with<msg::attached>,
                       caf::replies_to<msg::reattach>::with<msg::attached>,
                       caf::replies_to<msg::get_status>::with<msg::status>,
                       caf::reacts_to<msg::deliver>, caf::reacts_to<msg::kick>,
                       caf::reacts_to<msg::protocol_violation>, caf::reacts_to<msg::replaced>,
                       caf::reacts_to<msg::drain>, caf::reacts_to<msg::tick>>;

/// The members of one room. Refuses a join with room_full, room_locked or member_taken and
/// a resume with resume_unknown.
using room_actor = caf::typed_actor<caf::replies_to<msg::join>::with<msg::attached>,
                                    caf::replies_to<msg::resume>::with<msg::attached>,
                                    caf::replies_to<msg::observe>::with<msg::observed>,
                                    caf::replies_to<msg::get_status>::with<msg::status>,
                                    caf::reacts_to<msg::broadcast>, caf::reacts_to<msg::to_group>,
                                    caf::reacts_to<msg::presence>, caf::reacts_to<msg::operate>,
                                    // On: tell the members, close as soon as the room is empty.
                                    caf::reacts_to<msg::drain>, caf::reacts_to<msg::tick>>;

/// Counts the requests of every source at one endpoint.
using limiter_actor = caf::typed_actor<caf::replies_to<msg::spend>::with<msg::limit_decision>,
                                       caf::replies_to<msg::get_status>::with<msg::status>,
                                       caf::reacts_to<msg::tick>, caf::reacts_to<msg::probe>>;

} // namespace catchup::actors
