#pragma once
// The SFU behind the media port: packets from its thread, commands of the signalling
// from other threads.

#include "media/port/command_mailbox.hpp"
#include "media/port/handler.hpp"
#include "sfu/session/server.hpp"

#include <functional>
#include <memory>
#include <variant>

namespace catchup::sfu::shell {

/// A request of signalling. `done` is called on the media thread, so it must be
/// quick; it is not called when the thread has ended.
struct join {
  std::string room;
  session::participant_id participant = 0;
  std::string name;
  std::function<void(bool)> done;
  bool wants_all = true; // else only what it subscribes to
};
struct leave {
  session::participant_id participant = 0;
};
/// A track that the next offer will hold.
struct declare {
  session::participant_id participant = 0;
  session::declaration declaration;
};
struct offer {
  session::participant_id participant = 0;
  sdp::description description;
  std::function<void(base::result<session::server::negotiated, sdp::refusal>)> done;
};
/// The largest layer of a track that a subscriber wants; nothing: paused.
struct wish {
  session::participant_id subscriber = 0;
  session::track_id track = 0;
  std::optional<std::size_t> layer;
};
/// Whether a subscriber wants a track at all.
struct want {
  session::participant_id subscriber = 0;
  session::track_id track = 0;
  bool wanted = false;
};
using command = std::variant<join, leave, declare, offer, wish, want>;

/// Hears what happens, on the media thread.
class listener {
public:
  virtual ~listener() = default;
  virtual void on_events(std::vector<session::event> events) = 0;
};

/// Takes Binding requests for its own ufrags, and DTLS and RTP from the paths that
/// they validated: over UDP, over TCP that ICE frames, and through the relay of the same
/// port. Put it before the TURN handler, which takes all STUN.
class sfu_handler final : public media::port::handler {
public:
  static constexpr std::size_t max_waiting = 4096;

  explicit sfu_handler(session::server::config config);

  /// From any thread. False when too many commands wait or the thread has ended.
  bool post(command c) {
    bool must = std::holds_alternative<leave>(c);
    return mailbox_.post(std::move(c), must);
  }
  /// From any thread; the listener is held until `unsubscribe` or the end.
  void subscribe(std::shared_ptr<listener> to) { mailbox_.subscribe(std::move(to)); }
  void unsubscribe() { mailbox_.subscribe(nullptr); }

  media::port::claim receive(const media::port::packet& p, media::port::outbox& out) override;
  bool wants(const media::five_tuple& from) override { return core_.knows(from); }
  void closed(const media::five_tuple& from) override { core_.closed(now_, from); }
  int wake_fd() const override { return mailbox_.wake_fd(); }
  void work(const media::timestamps& t, media::port::outbox& out) override;
  base::time_point deadline() const override { return core_.deadline(); }
  void tick(const media::timestamps& t, media::port::outbox& out) override;
  void stopped() override;

private:
  void carry_out(base::time_point now, command& c);
  void tell();

  session::server core_;
  media::port::command_mailbox<command, listener> mailbox_;
  base::time_point now_{}; // of the last call
  base::buffer scratch_;
};

} // namespace catchup::sfu::shell
