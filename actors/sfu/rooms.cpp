#include "actors/sfu/rooms.hpp"

#include "actors/errc.hpp"
#include "actors/metered.hpp"
#include "actors/status.hpp"
#include "base/log.hpp"

#include <caf/send.hpp>

#include <map>
#include <unordered_map>

namespace catchup::actors {

namespace {

namespace sig = sfu::signal;
namespace media = sfu::signal::media;

/// A room has this many ids for participants: more than can join in its life.
constexpr unsigned id_bits = 32;

/// Brings what happens on the media thread into the mailbox.
class to_actor final : public media::listener {
public:
  explicit to_actor(sfu_actor to) : to_(std::move(to)) {}
  void on_news(std::vector<media::news> all) override {
    caf::anon_send(to_, msg::sfu_news{std::move(all)});
  }

private:
  sfu_actor to_;
};

sig::participant_id subject_of(const media::news& news) {
  return std::visit([](auto& n) { return n.participant; }, news);
}

class sfu_state {
public:
  static inline const char* name = "sfu";

  explicit sfu_state(sfu_actor::pointer self) : self_(self) {}

  sfu_actor::behavior_type init(const caf::strong_actor_ptr& parent, sfu_config config) {
    config_ = std::make_shared<const sfu_config>(std::move(config));
    started_ = self_->clock().now();
    config_->media->subscribe(std::make_shared<to_actor>(sfu_actor{self_}));
    self_->attach_functor([media = config_->media] { media->unsubscribe(); });
    self_->monitor(parent);
    self_->set_down_handler([this](const caf::down_msg& dm) { down(dm); });
    return {
        [this](const msg::sfu_enter& m) { return enter(m); },
        [this](const msg::get_status&) { return status(); },
        [this](const msg::sfu_news& m) { pass(m); },
        [this](const msg::drain& m) { draining_ = m.on; },
    };
  }

private:
  struct open_room {
    std::string name;
    std::uint64_t number = 0;
  };

  caf::result<msg::sfu_entered> enter(const msg::sfu_enter& m) {
    auto it = rooms_.find(m.who.room);
    if (it == rooms_.end()) {
      if (draining_ || rooms_.size() >= config_->max_rooms) {
        ++config_->counts->refused;
        m.sink->close();
        return make_error(draining_ ? errc::draining : errc::unavailable);
      }
      auto number = ++last_room_;
      auto room = spawn_sfu_room(*self_, m.who.room, number << id_bits, config_);
      it = rooms_.emplace(m.who.room, room).first;
      by_number_.emplace(number, room);
      by_actor_.emplace(room.id(), open_room{m.who.room, number});
    }
    return self_->delegate(it->second, m);
  }

  void pass(const msg::sfu_news& m) {
    std::map<std::uint64_t, std::vector<media::news>> split;
    for (auto& one : m.all)
      split[subject_of(one) >> id_bits].push_back(one);
    for (auto& [number, all] : split)
      if (auto it = by_number_.find(number); it != by_number_.end())
        self_->send(it->second, msg::sfu_news{std::move(all)});
  }

  void down(const caf::down_msg& dm) {
    auto it = by_actor_.find(dm.source.id());
    if (it == by_actor_.end())
      return self_->quit(dm.reason); // the parent
    if (dm.reason) {
      ++crashes_;
      base::log(base::log_level::error, "sfu_room_crashed",
                {{"reason", error_words(self_->system(), dm.reason)}});
    }
    rooms_.erase(it->second.name);
    by_number_.erase(it->second.number);
    by_actor_.erase(it);
  }

  msg::status status() {
    auto out = describe("sfu", "sfu", "registry", draining_ ? "draining" : "running",
                        self_->clock().now() - started_);
    auto& c = *config_->counts;
    out.counters = {{"rooms", rooms_.size()},
                    {"participants", c.participants},
                    {"joins", c.joins},
                    {"resumes", c.resumes},
                    {"refused", c.refused},
                    {"limited", c.limited},
                    {"room_crashes", crashes_},
                    {"session_crashes", c.session_crashes},
                    {"commands_lost", c.commands_lost}};
    out.mailbox = load_of(self_);
    return {{std::move(out)}};
  }

  sfu_actor::pointer self_;
  std::shared_ptr<const sfu_config> config_;
  base::time_point started_{};
  std::map<std::string, sfu_room_actor> rooms_;
  std::unordered_map<std::uint64_t, sfu_room_actor> by_number_;
  std::unordered_map<caf::actor_id, open_room> by_actor_;
  std::uint64_t last_room_ = 0;
  std::uint64_t crashes_ = 0;
  bool draining_ = false;
};

} // namespace

sfu_actor spawn_sfu(caf::local_actor& parent, sfu_config config) {
  return spawn_metered<sfu_actor, sfu_state, caf::monitored>(
      parent, [above = caf::strong_actor_ptr{parent.ctrl()}, config = std::move(config)](
                  auto* self) mutable { return self->state.init(above, std::move(config)); });
}

} // namespace catchup::actors
