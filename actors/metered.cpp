#include "actors/metered.hpp"

#include "actors/messages/turn.hpp"

namespace catchup::actors {

bool is_status_question(const caf::mailbox_element& what) {
  const auto& content = what.content();
  return content.match_elements<msg::get_status>() ||
         content.match_elements<msg::get_allocation_status>() ||
         content.match_elements<msg::get_relay_status>();
}

} // namespace catchup::actors
