#pragma once
// The actors behind LiveKit's clients, and their messages (docs/sfu.md, *Actors*).

#include "actors/messages/control.hpp"
#include "actors/messages/room.hpp"
#include "sfu/signal/room.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace catchup::actors {

/// Implemented by the WebSocket of a LiveKit client. Callable from any thread; never blocks.
class sfu_sink {
public:
  virtual ~sfu_sink() = default;
  /// Queues a message. False when the queue is full or the connection is closed.
  virtual bool push(std::shared_ptr<const base::buffer> message) = 0;
  /// Closes the connection after what is queued has been written.
  virtual void close() = 0;
};
using sfu_sink_ptr = std::shared_ptr<sfu_sink>;

namespace msg {

/// A client with a good token wants to come in, or back. `request` is not null. When it is
/// refused it was told why and its connection closes.
struct sfu_enter {
  sfu::signal::grants who;
  std::shared_ptr<const livekit::JoinRequest> request;
  sfu_sink_ptr sink;
};
/// A message of the client, as it came.
struct sfu_bytes {
  std::shared_ptr<const base::buffer> message;
};
/// The connection of that number is gone.
struct sfu_detached {
  std::uint64_t attachment = 0;
};

/// From the session of a participant to its room.
struct sfu_request {
  sfu::signal::participant_id from = 0;
  std::shared_ptr<const livekit::SignalRequest> message;
};
struct sfu_away {
  sfu::signal::participant_id who = 0;
  std::uint64_t attachment = 0;
};
/// From the room to a session.
struct sfu_attach {
  sfu_sink_ptr sink;
  std::uint64_t attachment = 0;
};
struct sfu_deliver {
  std::shared_ptr<const base::buffer> message;
};
struct sfu_hang_up {
  bool for_good = false; ///< the participant is gone
};
/// From the media server, for one room.
struct sfu_news {
  std::vector<sfu::signal::media::news> all;
};

} // namespace msg

/// One participant: its connection (or the lack of one), reading and limiting of its messages.
using session_actor =
    caf::typed_actor<caf::reacts_to<msg::sfu_bytes>, caf::reacts_to<msg::sfu_detached>,
                     caf::reacts_to<msg::sfu_attach>, caf::reacts_to<msg::sfu_deliver>,
                     caf::reacts_to<msg::sfu_hang_up>>;

namespace msg {

/// The answer to sfu_enter: the actor that speaks for this connection.
struct sfu_entered {
  session_actor session;
  std::uint64_t attachment = 0;
};

} // namespace msg

/// The participants of one room of the media server.
using sfu_room_actor =
    caf::typed_actor<caf::replies_to<msg::sfu_enter>::with<msg::sfu_entered>,
                     caf::reacts_to<msg::sfu_request>, caf::reacts_to<msg::sfu_away>,
                     caf::reacts_to<msg::sfu_news>, caf::reacts_to<msg::drain>,
                     caf::reacts_to<msg::tick>>;

/// Finds or makes rooms of the media server and hands them its news.
using sfu_actor = caf::typed_actor<caf::replies_to<msg::sfu_enter>::with<msg::sfu_entered>,
                                   caf::replies_to<msg::get_status>::with<msg::status>,
                                   caf::reacts_to<msg::sfu_news>, caf::reacts_to<msg::drain>>;

} // namespace catchup::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_enter)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_bytes)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_detached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_away)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_attach)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_deliver)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_hang_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_news)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::msg::sfu_entered)
