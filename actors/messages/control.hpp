#pragma once
// Messages of the control plane: joins, resumes, client messages, limits, status.

#include "actors/client_sink.hpp"
#include "actors/messages/inspect.hpp"
#include "base/ids.hpp"

#include <caf/type_id.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace catchup::actors {

/// The issuance endpoints, each guarded by a limiter.
enum class endpoint_kind : std::uint8_t { create_room, livekit_token, turn_credentials };

namespace msg {

/// An admitted client (signature checked) wants to be a member. No pointer is
/// null. Refused with key_package, room_full, room_locked, member_taken, draining or unavailable.
/// On success the peer has pushed `welcome` as message 1 before this is answered.
struct join {
  base::room_tag room;
  base::member_id member;
  signal::shared_bytes key_package;
  signal::shared_bytes lobby;
  signal::shared_bytes admission_key;
  /// The incarnation of the group that the client reports to have.
  std::optional<std::uint64_t> group;
  client_sink_ptr sink;
  /// An earlier member of the same person (proven by its session token): the new member
  /// takes its place. Ignored when that member is not in the room.
  std::optional<base::member_id> replaces = {};
};

/// A client of a valid session token is back on a new socket and has seen all
/// numbered messages up to `ack`. Refused with resume_unknown, draining.
/// On success the peer has pushed `resumed` and what was missed.
struct resume {
  base::room_tag room;
  base::member_id member;
  std::uint32_t ack = 0;
  client_sink_ptr sink;
};

/// The socket of an attachment is gone.
struct detached {
  std::uint64_t attachment = 0;
};

/// A numbered `app` of the client, for all others.
struct app {
  std::uint32_t n = 0;
  signal::shared_bytes data;
};

/// A numbered group message of a client.
struct mls {
  std::uint32_t n = 0;
  e2ee::mls::to_delivery::message message;
};

/// The client's `ping`: it has everything up to `n`.
struct acknowledge {
  std::uint32_t n = 0;
  std::uint32_t rtt_ms = 0; ///< of its connection to the server; 0: not known yet
};

/// The client leaves for good.
struct leave {};

/// Asks the limiter of an endpoint for one request of a source.
struct spend {
  endpoint_kind endpoint = endpoint_kind::create_room;
  std::string source; ///< an address or an IPv6 /64, never logged
};
struct limit_decision {
  bool allowed = false;
  std::uint32_t retry_after_seconds = 0; ///< until the window ends
};

/// A mailbox (actors/metered.hpp): messages that wait, the most that ever
/// waited, and how many were handled.
struct load {
  std::uint64_t waiting = 0;
  std::uint64_t high_water = 0;
  std::uint64_t handled = 0;

  bool operator==(const load&) const = default;
};

/// One actor, for the operator.
struct actor_status {
  std::string kind; ///< registry, room, peer, relay, allocation, limiter
  std::string name; ///< a pseudonym, unique among its kind
  std::string parent;
  std::string state;
  std::uint64_t age_seconds = 0;
  std::uint64_t restarts = 0; ///< how often it took the place of one that crashed
  std::vector<std::pair<std::string, std::uint64_t>> counters;
  load mailbox;
  std::string last_error; ///< last crash of it or of an actor below it; empty: none
  std::string of;         ///< the peer whose allocation it is
};
struct get_status {};
struct status {
  std::vector<actor_status> actors;
};

/// Before a restart (`on`): the registry opens no more rooms, and all members are told. Off:
/// cancels that.
struct drain {
  bool on = true;
};
/// An operator's action on one actor; names are pseudonyms out of `status`.
enum class operation : std::uint8_t {
  kick,  ///< a peer: its client is told that it was removed
  close, ///< a room: all its members are kicked; an allocation: it ends
  lock,  ///< a room: only its present members may come back
  unlock,
  crash, ///< any but registry and relay: it is killed
};
struct operate {
  operation what = operation::kick;
  std::string kind;
  std::string name;
  std::string parent;
};

// These messages never leave the process. CAF can print those with an `inspect`; those that
// hold connections, sources or payloads have none.

template <class I>
typename I::result_type inspect(I& f, detached& x) {
  return f(caf::meta::type_name("detached"), x.attachment);
}
template <class I>
typename I::result_type inspect(I& f, acknowledge& x) {
  return f(caf::meta::type_name("acknowledge"), x.n, x.rtt_ms);
}
template <class I>
typename I::result_type inspect(I& f, limit_decision& x) {
  return f(caf::meta::type_name("limit_decision"), x.allowed, x.retry_after_seconds);
}
template <class I>
typename I::result_type inspect(I& f, load& x) {
  return f(caf::meta::type_name("load"), x.waiting, x.high_water, x.handled);
}
template <class I>
typename I::result_type inspect(I& f, actor_status& x) {
  return f(caf::meta::type_name("actor_status"), x.kind, x.name, x.parent, x.state, x.age_seconds,
           x.restarts, x.counters, x.mailbox, x.last_error, x.of);
}
template <class I>
typename I::result_type inspect(I& f, operate& x) {
  return f(caf::meta::type_name("operate"), x.what, x.kind, x.name, x.parent);
}
template <class I>
typename I::result_type inspect(I& f, status& x) {
  return f(caf::meta::type_name("status"), x.actors);
}
template <class I>
typename I::result_type inspect(I& f, drain& x) {
  return f(caf::meta::type_name("drain"), x.on);
}

} // namespace msg

} // namespace catchup::actors

CAF_BEGIN_TYPE_ID_BLOCK(control_messages, caf::first_custom_type_id)

CAF_ADD_TYPE_ID(control_messages, (catchup::actors::msg::detached))
CAF_ADD_TYPE_ID(control_messages, (catchup::actors::msg::acknowledge))
CAF_ADD_TYPE_ID(control_messages, (catchup::actors::msg::leave))
CAF_ADD_TYPE_ID(control_messages, (catchup::actors::msg::limit_decision))
CAF_ADD_TYPE_ID(control_messages, (catchup::actors::msg::get_status))
CAF_ADD_TYPE_ID(control_messages, (catchup::actors::msg::status))
CAF_ADD_TYPE_ID(control_messages, (catchup::actors::msg::drain))
CAF_ADD_TYPE_ID(control_messages, (catchup::actors::msg::operate))

CAF_END_TYPE_ID_BLOCK(control_messages)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::resume)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::app)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::mls)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::spend)
