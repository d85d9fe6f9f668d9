#pragma once
// Every actor of the control plane and what it answers. Relay and allocation
// are in messages/turn.hpp.

#include "actors/messages/control.hpp"

#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

namespace catchup::actors {

namespace msg {
struct attached;
} // namespace msg

/// One participant: its connection (or the lack of one), its outbound queue and
/// its resume lease.
using peer_actor = caf::typed_actor<
    // A message of the client to all others, or to the group's delivery service.
    caf::reacts_to<msg::app>, caf::reacts_to<msg::mls>,
    // The client has everything up to a number.
    caf::reacts_to<msg::acknowledge>,
    // The client leaves for good.
    caf::reacts_to<msg::leave>,
    // A connection is gone; the lease starts.
    caf::reacts_to<msg::detached>>;

/// Finds or makes rooms, supervises them, the relay and the limiters.
using registry_actor = caf::typed_actor<caf::replies_to<msg::join>::with<msg::attached>,
                                        caf::replies_to<msg::resume>::with<msg::attached>,
                                        caf::replies_to<msg::spend>::with<msg::limit_decision>,
                                        caf::replies_to<msg::get_status>::with<msg::status>,
                                        // Members of open rooms may come and go meanwhile.
                                        caf::reacts_to<msg::drain>>;

namespace msg {

/// The answer to join and resume: the peer of this connection from now on. `attachment`
/// names the connection in `detached`, so that a late `detached` of an old connection does
/// not end a new one.
struct attached {
  peer_actor peer;
  std::uint64_t attachment = 0;
};

} // namespace msg
} // namespace catchup::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::attached)
