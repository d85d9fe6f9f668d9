#pragma once
// Names of members and rooms outside their own actors.

#include "base/ids.hpp"

#include <string>

namespace catchup::actors {

/// The TURN user name of a member: its id in lower-case hex.
std::string turn_user(const base::member_id& id);

/// Pseudonym that the operator sees instead of an id. A member has the same one at the relay.
std::string pseudonym_of(const base::room_tag& tag);
std::string pseudonym_of(const base::member_id& id);

} // namespace catchup::actors
