#include "actors/registry.hpp"

#include "actors/errc.hpp"
#include "actors/limiter_set.hpp"
#include "actors/metered.hpp"
#include "actors/open_rooms.hpp"
#include "actors/relay_view.hpp"
#include "actors/status.hpp"
#include "base/log.hpp"

#include <caf/actor_system.hpp>
#include <caf/send.hpp>

#include <stdexcept>
#include <unordered_set>

namespace catchup::actors {

namespace {

/// To itself: replace the limiter of this endpoint.
struct restart {
  endpoint_kind endpoint;
};
/// The same of the media server.
struct restart_sfu {};

} // namespace

} // namespace catchup::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::restart)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(catchup::actors::restart_sfu)

namespace catchup::actors {

namespace {

using inner_registry_actor =
    root_actor::extend<caf::reacts_to<restart>, caf::reacts_to<restart_sfu>>;

/// Limit of remembered crashed rooms.
constexpr std::size_t max_crashed = 256;

class registry_state {
public:
  static inline const char* name = "registry";

  explicit registry_state(inner_registry_actor::pointer self)
    : self_(self),
      limiters_([this](limiter_config c) { return config_.make_limiter(*self_, std::move(c)); }) {}

  inner_registry_actor::behavior_type init(registry_config config) {
    config_ = std::move(config);
    counts_ = config_.counts;
    config_.room.counts = counts_;
    if (config_.make_relay)
      start_relay();
    start_sfu();
    room_config_ = std::make_shared<const room_config>(config_.room);
    started_ = now();
    self_->set_down_handler([this](const caf::down_msg& dm) { down(dm); });
    self_->set_exit_handler([this](const caf::exit_msg& em) { end(em); });
    for (auto e : endpoints)
      start_limiter(e);
    return {
        [this](const msg::join& m) { return join(m); },
        [this](const msg::resume& m) { return resume(m); },
        [this](const msg::observe& m) { return observe(m); },
        [this](const msg::spend& m) { return spend(m); },
        [this](const msg::get_status&) { return status(); },
        [this](const msg::drain& m) { drain(m); },
        [this](const msg::operate& m) { operate(m); },
        [this](const msg::probe& m) { return probe(m); },
        [this](const restart& m) { start_limiter(m.endpoint); },
        [this](const restart_sfu&) { start_sfu(); },
    };
  }

private:
  using attached_promise = caf::typed_response_promise<msg::attached>;

  base::time_point now() const { return self_->clock().now(); }

  // -- forwarded requests -----------------------------------------------------

  // Asks `to` and passes its answer on. CAF 0.17 leaves a request unanswered when the
  // receiver fails while it handles it, so there is a limit in time as well.
  template <class Reply, class Handle, class Message, class OnError>
  void forward(const Handle& to, const Message& m, caf::typed_response_promise<Reply> answer,
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

  // While the server drains, open rooms go on and no room is opened.
  caf::result<msg::attached> join(const msg::join& m) {
    if (draining_ && !rooms_.find(m.room))
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

  // An idle room may end just before the join reaches it. Then the join goes to a new room,
  // once: a second failure is no accident.
  void join(const msg::join& m, attached_promise answer, bool again) {
    auto room = find_or_open(m.room);
    if (!room) {
      answer.deliver(refuse(errc::unavailable));
      return;
    }
    forward(room, m, answer, [=, this](const caf::error& e) mutable {
      auto gone = e == caf::sec::request_receiver_down;
      if (gone)
        rooms_.forget(room);
      if (gone && draining_)
        answer.deliver(refuse(errc::draining));
      else if (gone && again)
        join(m, answer, false);
      else
        answer.deliver(refuse(reason(e)));
    });
  }

  caf::result<msg::attached> resume(const msg::resume& m) {
    return ask_open_room<msg::attached>(m, &counts_->resumes);
  }

  caf::result<msg::observed> observe(const msg::observe& m) {
    return ask_open_room<msg::observed>(m);
  }

  template <class Reply, class Message>
  caf::result<Reply> ask_open_room(const Message& m, totals::counter* granted = nullptr) {
    if (overloaded())
      return refuse(errc::unavailable);
    auto room = rooms_.find(m.room);
    if (!room)
      return refuse(draining_ ? errc::draining : errc::resume_unknown);
    auto answer = self_->make_response_promise<Reply>();
    forward(
        room, m, answer,
        [this, answer](const caf::error& e) mutable {
          auto gone = e == caf::sec::request_receiver_down;
          answer.deliver(refuse(gone ? errc::resume_unknown : reason(e)));
        },
        granted);
    return answer;
  }

  room_actor find_or_open(const base::room_tag& tag) {
    if (auto room = rooms_.find(tag))
      return room;
    if (rooms_.size() >= config_.max_rooms) {
      ++counts_->rooms_full;
      return {};
    }
    auto room = config_.make_room(*self_, tag, room_config_);
    base::log(base::log_level::info, "room_opened", {{"room", pseudonym_of(tag)}});
    if (rooms_.add(tag, room))
      ++counts_->room_restarts;
    ++rooms_opened_;
    return room;
  }

  // -- supervision ------------------------------------------------------------

  void down(const caf::down_msg& dm) {
    if (auto room = rooms_.on_down(dm.source))
      return room_down(*room, dm.reason);
    if (collectors_.erase(dm.source.id()) > 0)
      return;
    if (sfu_ && sfu_ == dm.source) {
      sfu_ = nullptr;
      log_crash("sfu_crashed", "sfu", "sfu", dm.reason);
      self_->delayed_send(self_, config_.limiter_restart, restart_sfu{});
      return;
    }
    auto e = limiters_.on_down(dm.source, error_words(self_->system(), dm.reason));
    if (!e)
      return;
    ++counts_->limiter_crashes;
    log_crash("limiter_crashed", "endpoint", endpoint_name(*e), dm.reason);
    self_->delayed_send(self_, config_.limiter_restart, restart{*e});
  }

  void room_down(const open_rooms::entry& room, const caf::error& why) {
    if (!why) {
      base::log(base::log_level::info, "room_closed", {{"room", room.pseudonym}});
      return;
    }
    ++room_crashes_;
    ++counts_->room_crashes;
    log_crash("room_crashed", "room", room.pseudonym, why);
    auto words = error_words(self_->system(), why);
    last_error_ = "room: " + words;
    rooms_.note_crash(room.tag, std::move(words));
  }

  // main ended the registry, or the linked relay ended: without it there is no service. All
  // actors below monitor the registry and end with it.
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

  const limiter_actor& limiter(endpoint_kind e) const { return limiters_.at(e).handle; }

  void start_limiter(endpoint_kind e) {
    limiter_config config;
    config.requests = limit_of(e);
    config.max_sources = config_.max_sources;
    config.counts = counts_;
    if (limiters_.start(e, std::move(config))) {
      ++counts_->limiter_restarts;
      base::log(base::log_level::warn, "limiter_restarted", {{"endpoint", endpoint_name(e)}});
    }
  }

  caf::result<msg::limit_decision> spend(const msg::spend& m) {
    if (!limiter(m.endpoint) || overloaded())
      return refuse(errc::unavailable);
    auto answer = self_->make_response_promise<msg::limit_decision>();
    forward(limiter(m.endpoint), m, answer, [this, answer](const caf::error&) mutable {
      answer.deliver(refuse(errc::unavailable));
    });
    return answer;
  }

  // A limiter that is away is not stuck: it is being replaced.
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
    if (!limiter(e))
      return caf::unit;
    return self_->delegate(limiter(e), m);
  }

  // -- the relay --------------------------------------------------------------

  // Linked: the relay and the registry end together.
  void start_relay() {
    relay_ = config_.make_relay(*self_);
    self_->link_to(relay_);
    config_.room.observers.emplace_back(relay_);
  }

  // -- the media server -------------------------------------------------------

  // Clients of one that crashed come back by themselves.
  void start_sfu() {
    if (!config_.make_sfu)
      return;
    sfu_ = config_.make_sfu(*self_);
    if (draining_)
      self_->send(sfu_, msg::drain{true});
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
    rooms_.each([&](const open_rooms::entry& room) { self_->send(room.handle, m); });
    if (relay_)
      self_->send(relay_, m);
    if (sfu_)
      self_->send(sfu_, m);
  }

  void operate(const msg::operate& m) {
    if (m.kind == "allocation" && relay_)
      return self_->send(relay_, msg::end_named{m.name, m.what == msg::operation::crash});
    if (m.kind == "limiter" && m.what == msg::operation::crash)
      return crash_limiter(m.name);
    rooms_.each([&](const open_rooms::entry& room) {
      if (m.kind == "peer" && room.pseudonym == m.parent)
        self_->send(room.handle, m);
      if (m.kind != "room" || room.pseudonym != m.name)
        return;
      if (m.what == msg::operation::crash)
        caf::anon_send_exit(room.handle, caf::exit_reason::kill);
      else
        self_->send(room.handle, m);
    });
  }

  void crash_limiter(std::string_view endpoint) const {
    for (auto e : endpoints)
      if (endpoint_name(e) == endpoint && limiter(e))
        caf::anon_send_exit(limiter(e), caf::exit_reason::kill);
  }

  caf::result<msg::status> status() {
    if (collectors_.size() >= config_.max_status_requests)
      return refuse(errc::unavailable);
    std::vector<msg::actor_status> known{own_status()};
    std::vector<status_question> others;
    for (auto e : endpoints) {
      const auto& slot = limiters_.at(e);
      auto instead = describe("limiter", endpoint_name(e), "registry", "away", {});
      instead.restarts = slot.starts - 1;
      instead.last_error = slot.last_error;
      if (slot.handle)
        others.push_back({slot.handle, std::move(instead)});
      else
        known.push_back(std::move(instead));
    }
    rooms_.each([&](const open_rooms::entry& room) {
      auto instead = describe("room", room.pseudonym, "registry", "", {});
      if (const auto* before = rooms_.crash_of(room.tag)) {
        instead.restarts = before->times;
        instead.last_error = before->last_error;
      }
      others.push_back({room.handle, std::move(instead)});
    });
    if (relay_)
      others.push_back({spawn_relay_view(*self_, relay_, config_.status_patience),
                        describe("relay", "relay", "registry", "", {})});
    if (sfu_)
      others.push_back({sfu_, describe("sfu", "sfu", "registry", "", {})});
    auto collector = spawn_status_collector(*self_, std::move(known), std::move(others),
                                            config_.status_patience);
    self_->monitor(collector);
    collectors_.insert(collector.id());
    return self_->delegate(collector, msg::get_status{});
  }

  msg::actor_status own_status() const {
    auto out =
        describe("registry", "registry", "", draining_ ? "draining" : "running", now() - started_);
    out.counters = {{"rooms", rooms_.size()},
                    {"rooms_opened", rooms_opened_},
                    {"room_crashes", room_crashes_},
                    {"in_flight", in_flight_},
                    {"refused", refused_}};
    out.mailbox = load_of(self_);
    out.last_error = last_error_;
    return out;
  }

  inner_registry_actor::pointer self_;
  registry_config config_;
  std::shared_ptr<const room_config> room_config_;
  relay_actor relay_; // empty: there is none
  service_actor sfu_; // the same, or it is away
  base::time_point started_{};

  open_rooms rooms_{max_crashed};
  limiter_set limiters_;
  std::unordered_set<caf::actor_id> collectors_;
  bool draining_ = false;
  std::size_t in_flight_ = 0;
  std::uint64_t rooms_opened_ = 0;
  std::uint64_t room_crashes_ = 0;
  std::uint64_t refused_ = 0;
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
