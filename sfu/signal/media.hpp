#pragma once
// The seam between signalling and the media thread: values down, news up. Neither side
// knows the other's threads.

#include "base/result.hpp"
#include "sfu/sdp/answer.hpp"
#include "sfu/session/server.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace catchup::sfu::signal {

using session::participant_id;
using session::track_id;

namespace media {

/// `name` is what others see as the stream of its tracks. Without `wants_all` it gets
/// only tracks that a `want` names.
struct join {
  std::string room;
  participant_id participant = 0;
  std::string name;
  bool wants_all = true;
};
struct leave {
  participant_id participant = 0;
};
struct declare {
  participant_id participant = 0;
  session::declaration declaration;
};
struct offer {
  participant_id participant = 0;
  sdp::description description;
};
/// The largest layer that a subscriber wants of a track; nothing: paused.
struct wish {
  participant_id subscriber = 0;
  track_id track = 0;
  std::optional<std::size_t> layer;
};
/// Whether a subscriber wants a track at all.
struct want {
  participant_id subscriber = 0;
  track_id track = 0;
  bool wanted = false;
};
using command = std::variant<join, leave, declare, offer, wish, want>;

/// The answer to `join`.
struct joined {
  participant_id participant = 0;
  bool seated = false;
};
/// The answer to `offer`; one for each, in order.
struct answered {
  participant_id participant = 0;
  base::result<session::server::negotiated, sdp::refusal> outcome;
};
using news = std::variant<joined, answered, session::event>;

/// Hears what happens, on the media thread: must not block.
class listener {
public:
  virtual ~listener() = default;
  virtual void on_news(std::vector<news> all) = 0;
};

/// Callable from any thread; never blocks.
class plane {
public:
  virtual ~plane() = default;
  /// False when the queue is full; then nothing was queued. A `leave` always finds room.
  virtual bool post(command c) = 0;
  /// From now on `to` hears of everything, and nobody else.
  virtual void subscribe(std::shared_ptr<listener> to) = 0;
  virtual void unsubscribe() = 0;
};

} // namespace media
} // namespace catchup::sfu::signal
