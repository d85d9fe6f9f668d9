#pragma once
// Messages between registry, room and peer.

#include "actors/client_sink.hpp"
#include "actors/messages/inspect.hpp"
#include "base/ids.hpp"

#include <caf/type_id.hpp>

#include <cstdint>

namespace catchup::actors::msg {

/// Room to a new peer: greet this connection with message 1. `session` and
/// `resume_seconds` are filled in by the peer.
struct greet {
  client_sink_ptr sink;
  signal::welcome welcome;
};

/// Room to peer: the client is back and has everything up to `ack`. Refused
/// with resume_unknown, and the peer ends, when that cannot be continued.
struct reattach {
  client_sink_ptr sink;
  std::uint32_t ack = 0;
};

/// Room to peer: an event for its client.
struct deliver {
  signal::event event;
};

/// Peer to room: a message for all other members.
struct broadcast {
  base::member_id from;
  signal::shared_bytes data;
};

/// Peer to room: a message of a member for the delivery service of the group.
struct to_group {
  base::member_id from;
  e2ee::mls::to_delivery::message message;
};

/// Room to peer: the client broke the protocol; the peer ends with protocol_fault.
struct protocol_violation {};

/// Room to peer: a newer member of the same person took the place of this one.
struct replaced {};

/// Peer to room: its client lost the connection, or is back.
struct presence {
  base::member_id id;
  bool away = false;
};

/// Room to peer: the operator removed this member.
struct kick {};

/// The actors that every join and every relayed call needs.
enum class vital_actor : std::uint8_t {
  registry,
  relay,
  create_room,     ///< its limiter
  livekit_token,   ///< its limiter
  turn_credentials ///< its limiter
};

/// Changes nothing; the answer shows that the actor works. The registry forwards it.
struct probe {
  vital_actor of = vital_actor::registry;
};

/// A timer went off. Timers cannot be cancelled, so one that comes too early
/// changes nothing.
struct tick {};

template <class I>
typename I::result_type inspect(I& f, probe& x) {
  return f(caf::meta::type_name("probe"), x.of);
}

} // namespace catchup::actors::msg

CAF_BEGIN_TYPE_ID_BLOCK(room_messages, caf::first_custom_type_id + 50)

CAF_ADD_TYPE_ID(room_messages, (catchup::actors::msg::kick))
CAF_ADD_TYPE_ID(room_messages, (catchup::actors::msg::tick))
CAF_ADD_TYPE_ID(room_messages, (catchup::actors::msg::protocol_violation))
CAF_ADD_TYPE_ID(room_messages, (catchup::actors::msg::probe))
CAF_ADD_TYPE_ID(room_messages, (catchup::actors::msg::replaced))

CAF_END_TYPE_ID_BLOCK(room_messages)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::greet)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::reattach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::deliver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::broadcast)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::to_group)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::presence)
