#include "actors/room.hpp"

#include "actors/errc.hpp"
#include "actors/membership_observers.hpp"
#include "actors/metered.hpp"
#include "actors/room_group.hpp"
#include "actors/room_members.hpp"
#include "actors/status.hpp"
#include "actors/timer.hpp"
#include "base/log.hpp"

#include <caf/send.hpp>

namespace catchup::actors {

namespace {

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

/// Whether the client joins again by itself after this end of its peer (docs/protocol.md §3.5).
membership_change change_after(const caf::error& down) {
  switch (reason(down)) {
  case errc::none: // left, or the room was closed
  case errc::kicked:
  case errc::lease_over:
    return membership_change::ended;
  default:
    return membership_change::may_return;
  }
}

class room_state {
public:
  static inline const char* name = "room";

  explicit room_state(room_actor::pointer self) : self_(self), timer_(self), members_(0) {}

  room_actor::behavior_type init(const caf::strong_actor_ptr& parent, const base::room_tag& tag,
                                 std::shared_ptr<const room_config> config) {
    tag_ = tag;
    pseudonym_ = pseudonym_of(tag);
    config_ = std::move(config);
    members_ = room_members{config_->cap};
    group_.emplace(tag, config_->first_incarnation);
    started_ = now();
    start_observers();
    became_empty();
    self_->monitor(parent);
    self_->set_down_handler([this, above = parent->id()](const caf::down_msg& dm) {
      if (dm.source.id() == above)
        self_->quit(dm.reason);
      else if (!observers_->remove(dm.source))
        on_peer_down(dm.source, dm.reason);
    });
    return {
        [this](const msg::join& m) { return join(m); },
        [this](const msg::resume& m) { return resume(m); },
        [this](const msg::observe& m) { return observe(m); },
        [this](const msg::get_status&) { return status(); },
        [this](const msg::broadcast& m) { broadcast(m); },
        [this](const msg::to_group& m) { to_group(m); },
        [this](const msg::presence& m) { presence(m); },
        [this](const msg::operate& m) { operate(m); },
        [this](const msg::drain& m) { drain(m); },
        [this](const msg::tick&) { check_clock(); },
    };
  }

private:
  base::time_point now() const { return self_->clock().now(); }

  void broadcast_except(const base::member_id& not_to, const signal::event& e) {
    for (const auto& m : members_.all())
      if (m.info.id != not_to)
        self_->send(m.peer, msg::deliver{e});
  }

  // -- joining and leaving ------------------------------------------------------

  caf::result<msg::attached> join(const msg::join& m) {
    if (auto refusal = members_.may_join(m.member, m.replaces); refusal != errc::none)
      return make_error(refusal);
    if (auto refusal = group_->enter(now(), m); refusal != errc::none)
      return make_error(refusal);
    if (m.replaces)
      replace(*m.replaces, m.member);

    signal::welcome welcome;
    welcome.you = m.member;
    for (const auto& other : members_.all())
      welcome.members.push_back(other.info);
    auto peer = spawn_peer(self_, tag_, m.member, {config_, &config_->peer});
    signal::member info{m.member, m.key_package, m.lobby, false};
    members_.add({info, peer, pseudonym_of(m.member)});
    observers_->joined(m.member);
    ++joins_;
    ++config_->counts->joins;
    ++config_->counts->members;
    peer->attach_functor([counts = config_->counts] { --counts->members; });

    auto answer = ask(peer, msg::greet{m.sink, std::move(welcome)}, errc::unavailable);
    if (draining_)
      self_->send(peer, msg::drain{});
    broadcast_except(m.member, signal::joined{std::move(info)});
    send_for_group();
    return answer;
  }

  caf::result<msg::attached> resume(const msg::resume& m) {
    const auto* member = members_.find(m.member);
    if (!member)
      return make_error(errc::resume_unknown);
    return ask(member->peer, msg::reattach{m.sink, m.ack}, errc::resume_unknown);
  }

  // Passes the peer's answer on; `died` is the answer of a dead peer. Not delegated: for the
  // sender of the request a dead receiver always means a dead room.
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

  void on_peer_down(const caf::actor_addr& peer, const caf::error& down) {
    const auto* member = members_.find(peer);
    if (!member)
      return;
    auto id = member->info.id;
    auto why = left_reason_of(down);
    if (why == signal::left_reason::crashed) {
      ++crashes_;
      last_error_ = error_words(self_->system(), down);
      base::log(base::log_level::error, "peer_crashed",
                {{"room", pseudonym_}, {"peer", member->pseudonym}, {"reason", last_error_}});
    }
    if (why == signal::left_reason::kicked)
      members_.ban(id);
    remove(id, why, change_after(down));
    send_for_group();
    if (members_.empty())
      became_empty();
  }

  // `next` has the place of `previous` at once; the down message of its peer is ignored.
  void replace(const base::member_id& previous, const base::member_id& next) {
    const auto* member = members_.find(previous);
    if (!member)
      return;
    self_->send(member->peer, msg::replaced{});
    members_.rename(previous, next);
    remove(previous, signal::left_reason::left, membership_change::ended);
  }

  void remove(const base::member_id& id, signal::left_reason why, membership_change change) {
    count_end(why);
    members_.remove(id);
    observers_->left(id, change);
    broadcast_except(id, signal::left{id, why});
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
    auto* member = members_.find(m.id);
    if (!member || member->info.away == m.away)
      return;
    member->info.away = m.away;
    if (m.away)
      broadcast_except(m.id, signal::away{m.id});
    else
      broadcast_except(m.id, signal::back{m.id});
    group_->set_connected(now(), m.id, !m.away);
    send_for_group();
  }

  void operate(const msg::operate& m) {
    switch (m.what) {
    case msg::operation::kick:
      return kick(m.name);
    case msg::operation::close:
      return close();
    case msg::operation::lock:
      return members_.lock();
    case msg::operation::unlock:
      return members_.unlock();
    case msg::operation::crash:
      for (const auto& member : members_.all())
        if (member.pseudonym == m.name)
          caf::anon_send_exit(member.peer, caf::exit_reason::kill);
    }
  }

  void kick(std::string_view pseudonym) {
    for (const auto& member : members_.all())
      if (member.pseudonym == pseudonym)
        self_->send(member.peer, msg::kick{});
  }

  void close() {
    draining_ = true; // it ends with its last member
    for (const auto& member : members_.all())
      self_->send(member.peer, msg::kick{});
    if (members_.empty())
      self_->quit();
  }

  // -- observers --------------------------------------------------------------

  // Shared with the functor, which runs when the state is gone already.
  void start_observers() {
    observers_ = std::make_shared<membership_observers>(tag_, config_->observers);
    self_->attach_functor([observers = observers_] { observers->room_ended(); });
  }

  caf::result<msg::observed> observe(const msg::observe& m) {
    if (observers_->size() >= config_->max_observers)
      return make_error(errc::too_many);
    self_->monitor(m.observer);
    observers_->add(m.observer);
    return msg::observed{observers_->present()};
  }

  // -- messages ---------------------------------------------------------------

  void broadcast(const msg::broadcast& m) {
    if (!members_.find(m.from))
      return;
    ++passed_on_;
    ++config_->counts->signals;
    broadcast_except(m.from, signal::app{m.from, m.data});
  }

  void to_group(const msg::to_group& m) {
    const auto* from = members_.find(m.from);
    if (!from)
      return;
    if (!group_->receive(now(), m.from, m.message))
      self_->send(from->peer, msg::protocol_violation{});
    send_for_group();
  }

  void send_for_group() {
    for (auto& out : group_->take())
      if (const auto* to = members_.find(out.to))
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
    group_->tick(now());
    send_for_group();
    if (members_.empty())
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
    if (m.on && members_.empty())
      self_->quit();
    for (const auto& member : members_.all())
      self_->send(member.peer, m);
  }

  // -- the operator -----------------------------------------------------------

  const char* state_words() const {
    if (draining_)
      return "draining";
    if (members_.locked())
      return "locked";
    return members_.empty() ? "empty" : "open";
  }

  caf::result<msg::status> status() {
    auto own = describe("room", pseudonym_, "registry", state_words(), now() - started_);
    own.counters = {{"members", members_.size()},
                    {"joins", joins_},
                    {"passed_on", passed_on_},
                    {"peer_crashes", crashes_}};
    auto of_group = group_->counters();
    own.counters.insert(own.counters.end(), of_group.begin(), of_group.end());
    own.mailbox = load_of(self_);
    own.last_error = last_error_;
    std::vector<status_question> peers;
    for (const auto& m : members_.all())
      peers.push_back({m.peer, describe("peer", m.pseudonym, pseudonym_, "", {})});
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

  room_members members_;
  std::shared_ptr<membership_observers> observers_;
  std::optional<room_group> group_; // set by init
  base::time_point close_at_{};
  bool draining_ = false;
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
