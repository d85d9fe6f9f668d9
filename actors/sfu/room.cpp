#include "actors/sfu/room.hpp"

#include "actors/errc.hpp"
#include "actors/metered.hpp"
#include "actors/sfu/session.hpp"
#include "actors/timer.hpp"
#include "base/log.hpp"

#include <caf/send.hpp>

#include <unordered_map>

namespace catchup::actors {

namespace {

namespace sig = sfu::signal;
namespace media = sfu::signal::media;

class room_state {
public:
  static inline const char* name = "sfu room";

  explicit room_state(sfu_room_actor::pointer self) : self_(self), timer_(self) {}

  sfu_room_actor::behavior_type init(const caf::strong_actor_ptr& parent, std::string room_name,
                                     sig::participant_id first_id,
                                     std::shared_ptr<const sfu_config> config) {
    config_ = std::move(config);
    core_.emplace(std::move(room_name), first_id, config_->wall_ms(), config_->room);
    empty_at_ = now() + config_->idle;
    timer_.arm(*empty_at_);
    self_->attach_functor([seated = seated_, config = config_] {
      for (auto id : *seated)
        config->media->post(media::leave{id});
      config->counts->participants -= seated->size();
    });
    self_->monitor(parent);
    self_->set_down_handler([this](const caf::down_msg& dm) { down(dm); });
    return {
        [this](const msg::sfu_enter& m) { return enter(m); },
        [this](const msg::sfu_request& m) {
          core_->receive(now(), m.from, *m.message);
          carry_out();
        },
        [this](const msg::sfu_away& m) { away(m); },
        [this](const msg::sfu_news& m) {
          for (auto& one : m.all)
            core_->hear(now(), one);
          carry_out();
        },
        [](const msg::drain&) {},
        [this](const msg::tick&) { tick(); },
    };
  }

private:
  struct seat {
    session_actor session;
    std::uint64_t attachment = 0;
  };

  base::time_point now() const { return self_->clock().now(); }

  caf::result<msg::sfu_entered> enter(const msg::sfu_enter& m) {
    auto got = core_->enter(now(), config_->wall_ms(), m.who, *m.request);
    if (!got.participant) {
      ++config_->counts->refused;
      carry_out();
      m.sink->push(std::make_shared<const base::buffer>(std::move(got.refusal)));
      m.sink->close();
      return make_error(errc::unavailable);
    }
    auto id = *got.participant;
    ++(got.resumed ? config_->counts->resumes : config_->counts->joins);
    auto& s = seats_[id];
    if (!s.session) {
      s.session = spawn_session(self_, id, config_->wall_ms);
      by_actor_[s.session.id()] = id;
      seated_->push_back(id);
      ++config_->counts->participants;
    }
    s.attachment = ++last_attachment_;
    msg::sfu_entered out{s.session, s.attachment};
    self_->send(s.session, msg::sfu_attach{m.sink, s.attachment});
    carry_out();
    return out;
  }

  void away(const msg::sfu_away& m) {
    auto it = seats_.find(m.who);
    if (it == seats_.end() || it->second.attachment != m.attachment)
      return;
    core_->detached(now(), m.who);
    carry_out();
  }

  /// A session ended by a fault ends its participant; the client comes anew.
  void down(const caf::down_msg& dm) {
    auto it = by_actor_.find(dm.source.id());
    if (it == by_actor_.end())
      return self_->quit(dm.reason); // the parent
    auto id = it->second;
    by_actor_.erase(it);
    if (dm.reason && seats_.contains(id)) {
      ++config_->counts->session_crashes;
      base::log(base::log_level::error, "sfu_session_crashed");
      seats_.erase(id);
      core_->detached(now(), id);
      core_->remove(now(), id, livekit::UNKNOWN_REASON, livekit::LeaveRequest::RECONNECT);
      carry_out();
    }
  }

  void tick() {
    if (!timer_.fired(now()))
      return;
    core_->tick(now());
    if (empty_at_ && now() >= *empty_at_)
      return self_->quit();
    carry_out();
  }

  void carry_out() {
    for (auto& o : core_->take_outputs())
      std::visit([this](auto& one) { on(one); }, o);
    config_->counts->limited += core_->limited() - std::exchange(limited_, core_->limited());
    if (core_->size() > 0)
      empty_at_.reset();
    else if (!empty_at_)
      empty_at_ = now() + config_->idle;
    timer_.arm(std::min(core_->deadline(), empty_at_.value_or(base::time_point::max())));
  }

  void on(sig::send& o) {
    if (auto it = seats_.find(o.to); it != seats_.end())
      self_->send(it->second.session, msg::sfu_deliver{std::move(o.message)});
  }
  void on(sig::hang_up& o) {
    if (auto it = seats_.find(o.to); it != seats_.end())
      self_->send(it->second.session, msg::sfu_hang_up{false});
  }
  void on(sig::gone& o) {
    if (std::erase(*seated_, o.who) > 0)
      --config_->counts->participants;
    if (auto it = seats_.find(o.who); it != seats_.end()) {
      self_->send(it->second.session, msg::sfu_hang_up{true});
      seats_.erase(it);
    }
  }
  void on(media::command& o) {
    if (!config_->media->post(std::move(o)))
      ++config_->counts->commands_lost;
  }

  sfu_room_actor::pointer self_;
  timer<sfu_room_actor::pointer> timer_;
  std::shared_ptr<const sfu_config> config_;
  std::optional<sig::room> core_;
  std::unordered_map<sig::participant_id, seat> seats_;
  std::unordered_map<caf::actor_id, sig::participant_id> by_actor_;
  /// Those that the media server has; outlives the state.
  std::shared_ptr<std::vector<sig::participant_id>> seated_ =
      std::make_shared<std::vector<sig::participant_id>>();
  std::optional<base::time_point> empty_at_;
  std::uint64_t last_attachment_ = 0;
  std::uint64_t limited_ = 0;
};

} // namespace

sfu_room_actor spawn_sfu_room(caf::local_actor& parent, std::string name,
                              sig::participant_id first_id,
                              std::shared_ptr<const sfu_config> config) {
  return spawn_metered<sfu_room_actor, room_state, caf::monitored>(
      parent, [above = caf::strong_actor_ptr{parent.ctrl()}, name = std::move(name), first_id,
               config = std::move(config)](auto* self) mutable {
        return self->state.init(above, std::move(name), first_id, std::move(config));
      });
}

} // namespace catchup::actors
