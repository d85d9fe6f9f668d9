#pragma once
// Memberships of a room, for actors beside it whose work depends on them: the relay, whose
// allocations belong to members, and sessions of the media server.

#include "base/ids.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <cstdint>
#include <vector>

namespace catchup::actors {

enum class membership_change : std::uint8_t {
  joined,     ///< the membership begins
  may_return, ///< ended by a failure; the client joins again by itself
  ended,      ///< ended for good
};

namespace msg {

/// Room to its observers. The changes of one room arrive in order; each `joined` is followed
/// by one `may_return` or `ended`, also when the room crashes.
struct membership {
  base::room_tag room;
  base::member_id member;
  membership_change change = membership_change::ended;
};

} // namespace msg

/// Hears of the memberships of rooms.
using membership_observer = caf::typed_actor<caf::reacts_to<msg::membership>>;

namespace msg {

/// To a room, or to the registry, which finds the room: sends every later `membership` to
/// `observer` until that actor ends. The answer lists the members at that moment. Refused with
/// resume_unknown when the room is not open, with too_many beyond room_config::max_observers.
struct observe {
  base::room_tag room;
  membership_observer observer;
};
struct observed {
  std::vector<base::member_id> members;
};

} // namespace msg
} // namespace catchup::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::membership)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::observe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::observed)
