#pragma once
// Relay and allocations: their interfaces and messages.

#include "actors/messages/control.hpp"
#include "actors/messages/membership.hpp"
#include "actors/messages/room.hpp"
#include "actors/relay_counters.hpp"
#include "media/port_counters.hpp"
#include "turn/core_counters.hpp"
#include "turn/request.hpp"
#include "turn/route.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <string>
#include <vector>

namespace catchup::actors::msg {

/// An authenticated request of a client. The answer goes to the media thread.
struct turn_request {
  turn::request value;
};

/// The TCP connection of a client is gone.
struct turn_closed {
  turn::five_tuple client;
};

/// Counters of allocations that carried something, and of the core.
struct turn_usage {
  std::vector<turn::usage> changed;
  turn::core_counters totals;
};

/// To an allocation: the relay ends it.
struct end_allocation {};

/// Closes the allocation of this pseudonym, or lets it crash.
struct end_named {
  std::string name;
  bool crash = false;
};

/// An allocation tells the relay that it is ending, before its client knows.
struct allocation_ended {
  turn::five_tuple client;
  turn::allocation_id allocation = 0;
};

/// The newest counters of an allocation.
struct count_usage {
  turn::counters total;
};

struct get_allocation_status {};

/// For the operator: no addresses, and pseudonyms for names.
struct allocation_status {
  turn::allocation_id allocation = 0;
  std::string user;
  std::string client;
  bool tcp = false;
  std::uint64_t age_seconds = 0;
  std::uint64_t expires_in_seconds = 0;
  std::uint64_t permissions = 0;
  std::uint64_t channels = 0;
  turn::counters carried;
  load mailbox;
};

struct get_relay_status {};

struct relay_status : relay_counters {
  std::uint64_t age_seconds = 0;
  std::uint64_t allocations = 0;     // now
  std::uint64_t allocations_tcp = 0; // of these, over TCP
  turn::counters carried;            // by all, ever
  turn::core_counters core;
  media::port_totals port;
  load mailbox;
  std::string last_error; // of an allocation that crashed
  /// At most the first 1000, in no order.
  std::vector<allocation_status> list;
};

template <class I>
typename I::result_type inspect(I& f, end_named& x) {
  return f(caf::meta::type_name("end_named"), x.name, x.crash);
}

} // namespace catchup::actors::msg

// These never leave the process, and what carries addresses shall not be printed.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::turn_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::turn_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::turn_usage)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::allocation_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::count_usage)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::allocation_status)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::relay_status)

CAF_BEGIN_TYPE_ID_BLOCK(catchup_turn, caf::first_custom_type_id + 200)
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::turn_request))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::turn_closed))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::turn_usage))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::end_allocation))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::allocation_ended))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::count_usage))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::get_allocation_status))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::allocation_status))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::get_relay_status))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::relay_status))
CAF_ADD_TYPE_ID(catchup_turn, (catchup::actors::msg::end_named))
CAF_END_TYPE_ID_BLOCK(catchup_turn)

namespace caf {
class actor_system_config;
}

namespace catchup::actors {

/// One client's allocation: its lifetime, permissions, channels and counters.
/// Ends with Refresh 0, expiry, its TCP connection or its relay.
using allocation_actor =
    caf::typed_actor<caf::reacts_to<msg::turn_request>, caf::reacts_to<msg::end_allocation>,
                     caf::reacts_to<msg::count_usage>, caf::reacts_to<msg::tick>,
                     caf::replies_to<msg::get_allocation_status>::with<msg::allocation_status>>;

/// All allocations by 5-tuple, the relayed ports, quotas and totals.
using relay_actor =
    caf::typed_actor<caf::reacts_to<msg::turn_request>, caf::reacts_to<msg::turn_closed>,
                     caf::reacts_to<msg::turn_usage>, caf::reacts_to<msg::membership>,
                     caf::reacts_to<msg::allocation_ended>, caf::reacts_to<msg::end_named>,
                     caf::reacts_to<msg::tick>, caf::reacts_to<msg::drain>,
                     caf::reacts_to<msg::probe>,
                     caf::replies_to<msg::get_relay_status>::with<msg::relay_status>>;

/// Adds the message types of relay and allocations. Call it once, before the
/// actor_system is made.
void add_turn_messages(caf::actor_system_config& cfg);

} // namespace catchup::actors
