#include "actors/register.hpp"

#include "actors/errc.hpp"
#include "actors/messages/control.hpp"
#include "actors/messages/room.hpp"

#include <caf/actor_system_config.hpp>

namespace catchup::actors {

void add_control_messages(caf::actor_system_config& cfg) {
  cfg.add_message_types<caf::id_block::control_messages>();
  cfg.add_message_types<caf::id_block::room_messages>();
  cfg.add_error_category(caf::atom("catchup"),
                         [](std::uint8_t code, caf::atom_value, const caf::message&) {
                           return std::string{to_string(static_cast<errc>(code))};
                         });
}

} // namespace catchup::actors
