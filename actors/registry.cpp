#include "actors/registry.hpp"

#include "actors/crash_memory.hpp"
#include "actors/errc.hpp"
#include "actors/metered.hpp"
#include "actors/relay_view.hpp"
#include "actors/status.hpp"
#include "base/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

namespace catchup::actors {

namespace {

/// A limiter is away and shall be replaced.
struct restart {
  endpoint_kind endpoint;
};

} // namespace

} // namespace catchup::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::restart)

namespace catchup::actors {

namespace {

using inner_registry_actor = root_actor::extend<caf::reacts_to<restart>>;

/// Crashed rooms whose return is still noticed.
constexpr std::size_t max_crashed = 256;

constexpr std::array endpoints{endpoint_kind::create_room, endpoint_kind::livekit_token,
                               endpoint_kind::turn_credentials};

class registry_state {
public:
  static inline const char* name = "registry";

  explicit registry_state(inner_registry_actor::pointer self) : self_(self) {}

  inner_registry_actor::behavior_type init(registry_config config) {
    config_ = std::move(config);
    counts_ = config_.counts;
    config_.room.counts = counts_;
    if (config_.make_relay)
      start_relay();
    room_config_ = std::make_shared<const room_config>(config_.room);
    started_ = now();
    self_->set_down_handler([this](const caf::down_msg& dm) { down(dm); });
    self_->set_exit_handler([this](const caf::exit_msg& em) { end(em); });
    for (auto e : endpoints)
      start_limiter(e);
    return {
        [this](const msg::join& m) { return join(m); },
        [this](const msg::resume& m) { return resume(m); },
        [this](const msg::spend& m) { return spend(m); },
        [this](const msg::get_status&) { return status(); },
        [this](const msg::drain& m) { drain(m); },
        [this](const msg::undrain&) { drain({false}); },
        [this](const msg::kick& m) { kick(m); },
        [this](const msg::operate& m) { operate(m); },
        [this](const msg::probe& m) { return probe(m); },
        [this](const restart& m) { start_limiter(m.endpoint); },
    };
  }

private:
  struct room_entry {
    base::room_tag tag;
    std::string pseudonym;
    room_actor handle;
  };
  struct limiter_slot {
    limiter_actor handle; // empty while it is away
    std::uint64_t starts = 0;
    std::string last_error;
  };
  using attached_promise = caf::typed_response_promise<msg::attached>;

  base::time_point now() const { return self_->clock().now(); }

  // -- requests handed on -----------------------------------------------------

  // Asks for somebody else. CAF 0.17 leaves a request unanswered when the
  // receiver fails while it handles it, so there is a limit in time as well.
  template <class Reply, class Handle, class Message, class OnError>
  void hand_on(const Handle& to, const Message& m, caf::typed_response_promise<Reply> answer,
               OnError on_error, totals::counter* granted = nullptr) {
    ++in_flight_;
    self_->request(to, config_.patience, m)
        .then(
            [this, answer, granted](Reply& r) mutable {
              --in_flight_;
              if (granted)
                ++*granted;
              answer.deliver(std::move(r));
            },
            [this, on_error](const caf::error& e) mutable {
              --in_flight_;
              on_error(e);
            });
  }

  caf::error refuse(errc e) {
    ++refused_;
    ++counts_->refused_with(e);
    return make_error(e);
  }

  bool overloaded() const {
    auto out = in_flight_ >= config_.max_in_flight;
    if (out)
      ++counts_->overloaded;
    return out;
  }

  // -- rooms ------------------------------------------------------------------

  // While it drains the rooms that are open go on; there are no new ones.
  caf::result<msg::attached> join(const msg::join& m) {
    if (draining_ && !rooms_.contains(m.room))
      return refuse(errc::draining);
    if (overloaded())
      return refuse(errc::unavailable);
    if (counts_->members >= config_.max_members) {
      ++counts_->members_full;
      return refuse(errc::unavailable);
    }
    auto answer = self_->make_response_promise<msg::attached>();
    join(m, answer, true);
    return answer;
  }

  // A room that had nobody for a minute may end just before our message reaches
  // it. Then there is room for a new one: once, a second failure is no accident.
  void join(const msg::join& m, attached_promise answer, bool again) {
    auto room = find_or_open(m.room);
    if (!room) {
      answer.deliver(refuse(errc::unavailable));
      return;
    }
    hand_on(room, m, answer, [=, this](const caf::error& e) mutable {
      auto gone = e == caf::sec::request_receiver_down;
      if (gone)
        forget(room);
      if (gone && draining_)
        answer.deliver(refuse(errc::draining));
      else if (gone && again)
        join(m, answer, false);
      else
        answer.deliver(refuse(reason(e)));
    });
  }

  caf::result<msg::attached> resume(const msg::resume& m) {
    if (overloaded())
      return refuse(errc::unavailable);
    auto i = rooms_.find(m.room);
    if (i == rooms_.end())
      return refuse(draining_ ? errc::draining : errc::resume_unknown);
    auto answer = self_->make_response_promise<msg::attached>();
    hand_on(
        i->second, m, answer,
        [this, answer](const caf::error& e) mutable {
          auto gone = e == caf::sec::request_receiver_down;
          answer.deliver(refuse(gone ? errc::resume_unknown : reason(e)));
        },
        &counts_->resumes);
    return answer;
  }

  room_actor find_or_open(const base::room_tag& tag) {
    if (auto i = rooms_.find(tag); i != rooms_.end())
      return i->second;
    if (rooms_.size() >= config_.max_rooms) {
      ++counts_->rooms_full;
      return {};
    }
    auto room = config_.make_room(*self_, tag, room_config_);
    auto pseudonym = pseudonym_of(tag);
    base::log(base::log_level::info, "room_opened", {{"room", pseudonym}});
    rooms_.emplace(tag, room);
    if (crashed_.find(tag))
      ++counts_->room_restarts;
    by_actor_.emplace(room.id(), room_entry{tag, std::move(pseudonym), room});
    ++rooms_opened_;
    return room;
  }

  // The room is known to be dead; the down message may have to come yet.
  void forget(const room_actor& room) {
    auto i = by_actor_.find(room.id());
    if (i == by_actor_.end())
      return;
    if (auto j = rooms_.find(i->second.tag); j != rooms_.end() && j->second == room)
      rooms_.erase(j);
  }

  // -- supervision ------------------------------------------------------------

  void down(const caf::down_msg& dm) {
    if (auto i = by_actor_.find(dm.source.id()); i != by_actor_.end()) {
      forget(i->second.handle);
      if (!dm.reason) {
        base::log(base::log_level::info, "room_closed", {{"room", i->second.pseudonym}});
      } else {
        ++room_crashes_;
        ++counts_->room_crashes;
        log_crash("room_crashed", "room", i->second.pseudonym, dm.reason);
        auto why = error_words(self_->system(), dm.reason);
        last_error_ = "room: " + why;
        crashed_.note(i->second.tag, std::move(why));
      }
      by_actor_.erase(i);
      return;
    }
    if (collectors_.erase(dm.source.id()) > 0)
      return;
    for (auto e : endpoints)
      if (slot(e).handle == dm.source) {
        slot(e).handle = nullptr;
        slot(e).last_error = error_words(self_->system(), dm.reason);
        ++counts_->limiter_crashes;
        log_crash("limiter_crashed", "endpoint", endpoint_name(e), dm.reason);
        self_->delayed_send(self_, config_.limiter_restart, restart{e});
        return;
      }
  }

  // By order of main, or because the relay, which is linked to us, is gone:
  // without it there is no service. All that is below us watches us.
  void end(const caf::exit_msg& em) {
    if (relay_ && em.source == relay_.address())
      log_crash("relay_crashed", "relay", "relay", em.reason);
    self_->quit(em.reason ? em.reason : make_error(errc::unavailable));
  }

  void log_crash(std::string_view event, std::string_view key, const std::string& who,
                 const caf::error& why) {
    base::log(base::log_level::error, event,
              {{key, who}, {"reason", error_words(self_->system(), why)}});
  }

  // -- limiters ---------------------------------------------------------------

  std::uint32_t limit_of(endpoint_kind e) const {
    switch (e) {
    case endpoint_kind::create_room:
      return config_.create_room_limit;
    case endpoint_kind::livekit_token:
      return config_.livekit_token_limit;
    case endpoint_kind::turn_credentials:
      return config_.turn_credentials_limit;
    }
    return 0;
  }

  limiter_slot& slot(endpoint_kind e) { return limiters_.at(static_cast<std::size_t>(e)); }

  void start_limiter(endpoint_kind e) {
    auto& s = slot(e);
    if (s.handle)
      return;
    limiter_config config;
    config.name = endpoint_name(e);
    config.requests = limit_of(e);
    config.max_sources = config_.max_sources;
    config.restarts = s.starts++;
    config.last_error = s.last_error;
    config.counts = counts_;
    if (config.restarts > 0) {
      ++counts_->limiter_restarts;
      base::log(base::log_level::warn, "limiter_restarted", {{"endpoint", config.name}});
    }
    s.handle = config_.make_limiter(*self_, std::move(config));
  }

  caf::result<msg::verdict> spend(const msg::spend& m) {
    const auto& s = slot(m.endpoint);
    if (!s.handle || overloaded())
      return refuse(errc::unavailable);
    auto answer = self_->make_response_promise<msg::verdict>();
    hand_on(s.handle, m, answer, [this, answer](const caf::error&) mutable {
      answer.deliver(refuse(errc::unavailable));
    });
    return answer;
  }

  // A limiter that is away is not stuck: another one takes its place.
  caf::result<void> probe(const msg::probe& m) {
    switch (m.of) {
    case msg::vital_actor::registry:
      break;
    case msg::vital_actor::relay:
      if (relay_)
        return self_->delegate(relay_, m);
      break;
    case msg::vital_actor::create_room:
      return probe(endpoint_kind::create_room, m);
    case msg::vital_actor::livekit_token:
      return probe(endpoint_kind::livekit_token, m);
    case msg::vital_actor::turn_credentials:
      return probe(endpoint_kind::turn_credentials, m);
    }
    return caf::unit;
  }

  caf::result<void> probe(endpoint_kind e, const msg::probe& m) {
    if (!slot(e).handle)
      return caf::unit;
    return self_->delegate(slot(e).handle, m);
  }

  // -- the relay --------------------------------------------------------------

  void start_relay() {
    relay_ = config_.make_relay(*self_);
    if (!config_.room.peer.on_member)
      config_.room.peer.on_member =
          [relay = caf::actor_cast<caf::actor_addr>(relay_)](const std::string& user, stay what) {
            if (auto handle = caf::actor_cast<relay_actor>(relay))
              caf::anon_send(handle, msg::membership{user, what});
          };
  }

  // -- the operator -----------------------------------------------------------

  void drain(const msg::drain& m) {
    if (draining_ == m.on)
      return;
    draining_ = m.on;
    base::log(base::log_level::info, m.on ? "draining" : "draining_ended",
              {{"rooms", std::to_string(rooms_.size())}});
    if (config_.on_drain)
      config_.on_drain(m.on);
    for (const auto& [tag, room] : rooms_)
      self_->send(room, m);
    if (relay_)
      self_->send(relay_, m);
  }

  void operate(const msg::operate& m) {
    if (m.kind == "peer" && m.what == msg::operation::kick)
      return kick({m.parent, m.name});
    if (m.kind == "allocation" && relay_)
      return self_->send(relay_, msg::end_named{m.name, m.what == msg::operation::crash});
    if (m.kind == "limiter" && m.what == msg::operation::crash) {
      for (auto e : endpoints)
        if (endpoint_name(e) == m.name && slot(e).handle)
          caf::anon_send_exit(slot(e).handle, caf::exit_reason::kill);
      return;
    }
    for (const auto& [id, entry] : by_actor_) {
      if (m.kind == "peer" && entry.pseudonym == m.parent)
        self_->send(entry.handle, m);
      if (m.kind != "room" || entry.pseudonym != m.name)
        continue;
      if (m.what == msg::operation::crash)
        caf::anon_send_exit(entry.handle, caf::exit_reason::kill);
      else
        self_->send(entry.handle, m);
    }
  }

  void kick(const msg::kick& m) {
    for (const auto& [id, entry] : by_actor_)
      if (entry.pseudonym == m.room)
        self_->send(entry.handle, m);
  }

  caf::result<msg::status> status() {
    if (collectors_.size() >= config_.max_status_requests)
      return refuse(errc::unavailable);
    auto own =
        describe("registry", "registry", "", draining_ ? "draining" : "running", now() - started_);
    own.counters = {{"rooms", rooms_.size()},
                    {"rooms_opened", rooms_opened_},
                    {"room_crashes", room_crashes_},
                    {"in_flight", in_flight_},
                    {"refused", refused_}};
    own.mailbox = load_of(self_);
    own.last_error = last_error_;
    std::vector<msg::actor_status> known{std::move(own)};
    std::vector<status_question> others;
    for (auto e : endpoints) {
      auto instead = describe("limiter", endpoint_name(e), "registry", "away", {});
      instead.restarts = slot(e).starts - 1;
      instead.last_error = slot(e).last_error;
      if (slot(e).handle)
        others.push_back({slot(e).handle, std::move(instead)});
      else
        known.push_back(std::move(instead));
    }
    for (const auto& [id, entry] : by_actor_) {
      auto instead = describe("room", entry.pseudonym, "registry", "", {});
      if (const auto* before = crashed_.find(entry.tag)) {
        instead.restarts = before->times;
        instead.last_error = before->last_error;
      }
      others.push_back({entry.handle, std::move(instead)});
    }
    if (relay_)
      others.push_back({spawn_relay_view(*self_, relay_, config_.status_patience),
                        describe("relay", "relay", "registry", "", {})});
    auto collector = spawn_status_collector(*self_, std::move(known), std::move(others),
                                            config_.status_patience);
    self_->monitor(collector);
    collectors_.insert(collector.id());
    return self_->delegate(collector, msg::get_status{});
  }

  inner_registry_actor::pointer self_;
  registry_config config_;
  std::shared_ptr<const room_config> room_config_;
  relay_actor relay_; // empty: there is none
  base::time_point started_{};

  std::unordered_map<base::room_tag, room_actor> rooms_;
  std::unordered_map<caf::actor_id, room_entry> by_actor_; // until their down message
  std::array<limiter_slot, endpoints.size()> limiters_;
  std::unordered_set<caf::actor_id> collectors_;
  bool draining_ = false;
  std::size_t in_flight_ = 0;
  std::uint64_t rooms_opened_ = 0;
  std::uint64_t room_crashes_ = 0;
  std::uint64_t refused_ = 0;
  crash_memory crashed_{max_crashed};
  std::string last_error_;
  std::shared_ptr<totals> counts_;
};

} // namespace

root_actor spawn_registry(caf::actor_system& sys, registry_config config) {
  if (!config.room.peer.make_session)
    throw std::invalid_argument("registry_config::room.peer.make_session is not set");
  return spawn_metered<inner_registry_actor, registry_state>(
      sys, [config = std::move(config)](auto* self) mutable {
        return self->state.init(std::move(config));
      });
}

} // namespace catchup::actors
