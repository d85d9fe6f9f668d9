#include "actors/room.hpp"

#include "actors/errc.hpp"
#include "actors/metered.hpp"
#include "actors/status.hpp"
#include "actors/timer.hpp"
#include "base/log.hpp"
#include "e2ee/mls/delivery.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace catchup::actors {

namespace {

struct seat {
  signal::member info;
  member_actor peer;
  std::string pseudonym;
};

signal::left_reason left_reason_of(const caf::error& down) {
  switch (reason(down)) {
  case errc::none:
    return signal::left_reason::left;
  case errc::slow:
  case errc::lease_over:
  case errc::protocol_fault:
    return signal::left_reason::lost;
  case errc::kicked:
    return signal::left_reason::kicked;
  default:
    return signal::left_reason::crashed;
  }
}

class room_state {
public:
  static inline const char* name = "room";

  explicit room_state(room_actor::pointer self) : self_(self), timer_(self) {}

  room_actor::behavior_type init(const caf::strong_actor_ptr& parent, const base::room_tag& tag,
                                 std::shared_ptr<const room_config> config) {
    tag_ = tag;
    pseudonym_ = pseudonym_of(tag);
    config_ = std::move(config);
    started_ = now();
    became_empty();
    self_->monitor(parent);
    self_->set_down_handler([this, above = parent->id()](const caf::down_msg& dm) {
      if (dm.source.id() == above)
        self_->quit(dm.reason);
      else
        stand_up(dm.source, dm.reason);
    });
    return {
        [this](const msg::join& m) { return join(m); },
        [this](const msg::resume& m) { return resume(m); },
        [this](const msg::get_status&) { return status(); },
        [this](const msg::pass_to_all& m) { pass_to_all(m); },
        [this](const msg::pass_to_group& m) { pass_to_group(m); },
        [this](const msg::presence& m) { presence(m); },
        [this](const msg::kick& m) { kick(m); },
        [this](const msg::operate& m) { operate(m); },
        [this](const msg::drain& m) { drain(m); },
        [this](const msg::tick&) { check_clock(); },
    };
  }

private:
  base::time_point now() const { return self_->clock().now(); }

  auto find(const base::member_id& id) {
    return std::find_if(seats_.begin(), seats_.end(),
                        [&](const seat& s) { return s.info.id == id; });
  }

  void tell_others(const base::member_id& not_to, const signal::event& e) {
    for (auto& s : seats_)
      if (s.info.id != not_to)
        self_->send(s.peer, msg::deliver{e});
  }

  // -- coming and going -------------------------------------------------------

  caf::result<msg::attached> join(const msg::join& m) {
    if (find(m.member) != seats_.end())
      return make_error(errc::member_taken);
    bool returns = m.replaces && find(*m.replaces) != seats_.end();
    if (!returns && locked_ && std::ranges::find(*locked_, m.member) == locked_->end())
      return make_error(errc::room_locked);
    if (!returns && seats_.size() >= config_->cap)
      return make_error(errc::room_full);
    if (auto refusal = enter_group(m); refusal != errc::none)
      return make_error(refusal);
    if (returns)
      replace(*m.replaces, m.member);

    signal::welcome welcome;
    welcome.you = m.member;
    for (const auto& s : seats_)
      welcome.members.push_back(s.info);
    auto peer = spawn_peer(self_, tag_, m.member, {config_, &config_->peer});
    seats_.push_back({{m.member, m.key_package, m.lobby, false}, peer, pseudonym_of(m.member)});
    ++joins_;
    ++config_->counts->joins;
    ++config_->counts->members;
    peer->attach_functor([counts = config_->counts] { --counts->members; });

    auto answer = ask(peer, msg::greet{m.sink, std::move(welcome)}, errc::unavailable);
    if (draining_)
      self_->send(peer, msg::drain{});
    tell_others(m.member, signal::joined{seats_.back().info});
    speak_for_group();
    return answer;
  }

  caf::result<msg::attached> resume(const msg::resume& m) {
    auto i = find(m.member);
    if (i == seats_.end())
      return make_error(errc::resume_unknown);
    return ask(i->peer, msg::reattach{m.sink, m.ack}, errc::resume_unknown);
  }

  // The peer's answer becomes ours; `died` is the answer when it has none. Not
  // delegated, so that to the asker a dead receiver always means a dead room.
  template <class Message>
  caf::result<msg::attached> ask(const member_actor& peer, Message m, errc died) {
    auto answer = self_->make_response_promise<msg::attached>();
    self_->request(peer, caf::infinite, std::move(m))
        .then([=](msg::attached& a) mutable { answer.deliver(std::move(a)); },
              [=](const caf::error& e) mutable {
                answer.deliver(e == caf::sec::request_receiver_down ? make_error(died) : e);
              });
    return answer;
  }

  void stand_up(const caf::actor_addr& peer, const caf::error& down) {
    auto i =
        std::find_if(seats_.begin(), seats_.end(), [&](const seat& s) { return s.peer == peer; });
    if (i == seats_.end())
      return;
    auto id = i->info.id;
    auto why = left_reason_of(down);
    if (why == signal::left_reason::crashed) {
      ++crashes_;
      last_error_ = error_words(self_->system(), down);
      base::log(base::log_level::error, "peer_crashed",
                {{"room", pseudonym_}, {"peer", i->pseudonym}, {"reason", last_error_}});
    }
    if (locked_ && why == signal::left_reason::kicked)
      std::erase(*locked_, id);
    vacate(i, why);
    speak_for_group();
    if (seats_.empty())
      became_empty();
  }

  // The seat goes to `next` at once; the down message of its peer finds nobody.
  void replace(const base::member_id& ghost, const base::member_id& next) {
    auto i = find(ghost);
    self_->send(i->peer, msg::replaced{});
    if (locked_)
      std::ranges::replace(*locked_, ghost, next);
    vacate(i, signal::left_reason::left);
  }

  void vacate(std::vector<seat>::iterator i, signal::left_reason why) {
    auto id = i->info.id;
    count_end(why);
    seats_.erase(i);
    tell_others(id, signal::left{id, why});
    if (group_)
      group_->leave(now(), id);
  }

  void count_end(signal::left_reason why) {
    auto& counts = *config_->counts;
    switch (why) {
    case signal::left_reason::left:
      ++counts.left;
      break;
    case signal::left_reason::lost:
      ++counts.lost;
      break;
    case signal::left_reason::kicked:
      ++counts.kicked;
      break;
    case signal::left_reason::crashed:
      ++counts.crashed;
      break;
    }
  }

  void presence(const msg::presence& m) {
    auto i = find(m.id);
    if (i == seats_.end() || i->info.away == m.away)
      return;
    i->info.away = m.away;
    if (m.away)
      tell_others(m.id, signal::away{m.id});
    else
      tell_others(m.id, signal::back{m.id});
    if (!group_)
      return;
    if (m.away)
      group_->disconnect(now(), m.id);
    else
      group_->connect(now(), m.id);
    speak_for_group();
  }

  void kick(const msg::kick& m) {
    for (auto& s : seats_)
      if (s.pseudonym == m.peer)
        self_->send(s.peer, m);
  }

  void operate(const msg::operate& m) {
    if (m.what == msg::operation::close) {
      draining_ = true; // it ends with its last member
      for (auto& s : seats_)
        self_->send(s.peer, msg::kick{pseudonym_, s.pseudonym});
      if (seats_.empty())
        self_->quit();
      return;
    }
    if (m.what == msg::operation::lock)
      return lock();
    if (m.what == msg::operation::unlock)
      return locked_.reset();
    for (auto& s : seats_)
      if (m.what == msg::operation::crash && s.pseudonym == m.name)
        caf::anon_send_exit(s.peer, caf::exit_reason::kill);
  }

  // Not more than fit into the room: nobody is added while it is locked.
  void lock() {
    if (locked_)
      return;
    locked_.emplace();
    for (const auto& s : seats_)
      locked_->push_back(s.info.id);
  }

  // -- talking ----------------------------------------------------------------

  void pass_to_all(const msg::pass_to_all& m) {
    if (find(m.from) == seats_.end())
      return;
    ++passed_on_;
    ++config_->counts->signals;
    tell_others(m.from, signal::app{m.from, m.data});
  }

  // -- the group --------------------------------------------------------------

  errc enter_group(const msg::join& m) {
    if (!group_)
      group_.emplace(tag_, e2ee::mls::delivery_config{config_->first_incarnation(), {}}, now());
    switch (group_->enter(now(), m.member, *m.admission_key, m.key_package, m.group)) {
    case e2ee::mls::entry_result::in:
      return errc::none;
    case e2ee::mls::entry_result::key_package:
      return errc::key_package;
    case e2ee::mls::entry_result::too_many:
      return errc::too_many;
    }
    return errc::unavailable;
  }

  void pass_to_group(const msg::pass_to_group& m) {
    auto from = find(m.from);
    if (from == seats_.end() || !group_)
      return;
    if (!group_->receive(now(), m.from, m.message))
      self_->send(from->peer, msg::blame{});
    speak_for_group();
  }

  void speak_for_group() {
    if (!group_)
      return;
    for (auto& out : group_->take())
      if (auto to = find(out.to); to != seats_.end())
        self_->send(to->peer, msg::deliver{std::move(out.message)});
    timer_.arm(group_->deadline());
  }

  // -- closing ----------------------------------------------------------------

  void became_empty() {
    close_at_ = now() + config_->idle;
    if (draining_)
      self_->quit();
    else
      timer_.arm(close_at_);
  }

  void check_clock() {
    if (!timer_.fired(now()))
      return;
    if (group_ && now() >= group_->deadline())
      group_->tick(now());
    speak_for_group();
    if (seats_.empty())
      check_idle();
  }

  void check_idle() {
    if (now() >= close_at_)
      self_->quit();
    else
      timer_.arm(close_at_);
  }

  void drain(const msg::drain& m) {
    draining_ = m.on;
    if (m.on && seats_.empty())
      self_->quit();
    for (auto& s : seats_)
      self_->send(s.peer, m);
  }

  caf::result<msg::status> status() {
    auto own = describe("room", pseudonym_, "registry",
                        draining_        ? "draining"
                        : locked_        ? "locked"
                        : seats_.empty() ? "empty"
                                         : "open",
                        now() - started_);
    own.counters = {{"members", seats_.size()},
                    {"joins", joins_},
                    {"passed_on", passed_on_},
                    {"peer_crashes", crashes_}};
    if (group_) {
      const auto& t = group_->totals();
      own.counters.insert(own.counters.end(),
                          {{"group_members", group_->leaves() ? group_->leaves()->size() : 0},
                           {"group_pending", group_->pending().adds().size()},
                           {"epoch", group_->epoch().value_or(0)},
                           {"commits", t.commits},
                           {"commits_rejected", t.rejected},
                           {"duties", t.duties},
                           {"strikes", t.strikes},
                           {"refused_welcomes", t.refused_welcomes},
                           {"forks", t.forks},
                           {"groups", t.incarnations}});
    }
    own.mailbox = load_of(self_);
    own.last_error = last_error_;
    std::vector<status_question> peers;
    for (const auto& s : seats_)
      peers.push_back({s.peer, describe("peer", s.pseudonym, pseudonym_, "", {})});
    auto collector = spawn_status_collector(*self_, {std::move(own)}, std::move(peers),
                                            config_->status_patience);
    return self_->delegate(collector, msg::get_status{});
  }

  room_actor::pointer self_;
  timer<room_actor::pointer> timer_;
  base::room_tag tag_;
  std::string pseudonym_;
  std::shared_ptr<const room_config> config_;
  base::time_point started_{};

  std::vector<seat> seats_; // in order of arrival
  /// From the first that asked to join on.
  std::optional<e2ee::mls::delivery> group_;
  base::time_point close_at_{};
  bool draining_ = false;
  /// While the operator lets nobody new in: those who may come back.
  std::optional<std::vector<base::member_id>> locked_;
  std::uint64_t joins_ = 0;
  std::uint64_t passed_on_ = 0;
  std::uint64_t crashes_ = 0;
  std::string last_error_;
};

} // namespace

room_actor spawn_room(caf::local_actor& parent, base::room_tag tag,
                      std::shared_ptr<const room_config> config) {
  return spawn_metered<room_actor, room_state, caf::monitored>(
      parent, [above = caf::strong_actor_ptr{parent.ctrl()}, tag, config = std::move(config)](
                  auto* self) mutable { return self->state.init(above, tag, std::move(config)); });
}

} // namespace catchup::actors
