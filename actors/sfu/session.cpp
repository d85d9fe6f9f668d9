#include "actors/sfu/session.hpp"

#include "actors/errc.hpp"
#include "actors/metered.hpp"
#include "sfu/signal/join_request.hpp"
#include "sfu/signal/reading.hpp"

namespace catchup::actors {

namespace {

namespace sig = sfu::signal;

class session_state {
public:
  static inline const char* name = "sfu session";

  explicit session_state(session_actor::pointer self) : self_(self) {}

  session_actor::behavior_type init(sfu_room_actor room, sig::participant_id who,
                                    std::function<std::int64_t()> wall_ms) {
    room_ = std::move(room);
    who_ = who;
    wall_ms_ = std::move(wall_ms);
    // However this ends, the client shall notice.
    self_->attach_functor([sink = sink_] {
      if (*sink)
        (*sink)->close();
    });
    self_->monitor(room_);
    self_->set_down_handler([this](const caf::down_msg& dm) { self_->quit(dm.reason); });
    return {
        [this](const msg::sfu_bytes& m) { receive(*m.message); },
        [this](const msg::sfu_detached& m) { detached(m.attachment); },
        [this](const msg::sfu_attach& m) { attach(m); },
        [this](const msg::sfu_deliver& m) { push(m.message); },
        [this](const msg::sfu_hang_up& m) { hang_up(m.for_good); },
    };
  }

private:
  void attach(const msg::sfu_attach& m) {
    if (*sink_)
      (*sink_)->close();
    *sink_ = m.sink;
    attachment_ = m.attachment;
  }

  void receive(const base::buffer& message) {
    auto out = sig::read_message(wall_ms_(), message);
    if (std::holds_alternative<sig::fault>(out))
      return lose();
    if (auto request = std::get_if<livekit::SignalRequest>(&out))
      self_->send(room_, msg::sfu_request{who_, std::make_shared<const livekit::SignalRequest>(
                                                    std::move(*request))});
    else if (auto answer = std::get_if<livekit::SignalResponse>(&out))
      push(std::make_shared<const base::buffer>(sig::write(*answer)));
  }

  void push(std::shared_ptr<const base::buffer> message) {
    if (*sink_ && !(*sink_)->push(std::move(message)))
      lose(); // the client reads too slowly; it may come back
  }

  void detached(std::uint64_t attachment) {
    if (attachment == attachment_)
      lose();
  }

  void lose() {
    if (auto sink = std::exchange(*sink_, nullptr)) {
      sink->close();
      self_->send(room_, msg::sfu_away{who_, attachment_});
    }
  }

  void hang_up(bool for_good) {
    if (!for_good)
      return lose();
    if (auto sink = std::exchange(*sink_, nullptr))
      sink->close();
    self_->quit();
  }

  session_actor::pointer self_;
  sfu_room_actor room_;
  sig::participant_id who_ = 0;
  std::function<std::int64_t()> wall_ms_;
  std::shared_ptr<sfu_sink_ptr> sink_ = std::make_shared<sfu_sink_ptr>();
  std::uint64_t attachment_ = 0;
};

} // namespace

session_actor spawn_session(const sfu_room_actor::pointer& room, sig::participant_id who,
                            std::function<std::int64_t()> wall_ms) {
  return spawn_metered<session_actor, session_state, caf::monitored>(
      *room, [above = sfu_room_actor{room}, who, wall_ms = std::move(wall_ms)](auto* self) mutable {
        return self->state.init(std::move(above), who, std::move(wall_ms));
      });
}

} // namespace catchup::actors
