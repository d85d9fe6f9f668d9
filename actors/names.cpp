#include "actors/names.hpp"

#include "base/encoding.hpp"
#include "base/log.hpp"

namespace catchup::actors {

std::string turn_user(const base::member_id& id) { return base::to_hex(id.view()); }

std::string pseudonym_of(const base::room_tag& tag) {
  return base::pseudonym(base::as_text(tag.view()));
}

// The relay knows a member by its user name: the operator sees one name for both.
std::string pseudonym_of(const base::member_id& id) { return base::pseudonym(turn_user(id)); }

} // namespace catchup::actors
