#include "actors/peer.hpp"

#include "actors/connection.hpp"
#include "actors/errc.hpp"
#include "actors/metered.hpp"
#include "actors/status.hpp"
#include "actors/timer.hpp"
#include "base/log.hpp"
#include "base/token_bucket.hpp"

namespace catchup::actors {

namespace {

using signal::bye_reason;

class peer_state {
public:
  static inline const char* name = "peer";

  explicit peer_state(member_actor::pointer self)
    : self_(self), timer_(self), outbox_({}), apps_(0, 0, {}) {}

  member_actor::behavior_type init(room_actor room, const base::room_tag& tag,
                                   const base::member_id& id,
                                   std::shared_ptr<const peer_config> config) {
    room_ = std::move(room);
    tag_ = tag;
    id_ = id;
    config_ = std::move(config);
    outbox_ = outbox{config_->limits};
    started_ = now();
    apps_ = {config_->apps_per_second, config_->app_burst, started_};
    alive_ = self_;
    self_->monitor(room_);
    self_->set_down_handler([this](const caf::down_msg& dm) {
      connection_.finish(signal::bye{dm.reason == caf::exit_reason::user_shutdown
                                         ? bye_reason::draining
                                         : bye_reason::room_restarted});
      self_->quit(dm.reason);
    });
    return {
        [this](const msg::app& m) {
          if (is_next(m.n) && apps_.take(now()))
            self_->send(room_, msg::broadcast{id_, m.data});
        },
        [this](const msg::mls& m) {
          if (is_next(m.n))
            self_->send(room_, msg::to_group{id_, m.message});
        },
        [this](const msg::acknowledge& m) { acknowledge(m); },
        [this](const msg::leave&) { end(bye_reason::left); },
        [this](const msg::detached& m) { detached(m.attachment); },
        [this](const msg::greet& m) { return greet(m); },
        [this](const msg::reattach& m) { return reattach(m); },
        [this](const msg::get_status&) { return status(); },
        [this](const msg::deliver& m) { deliver(m.event); },
        [this](const msg::kick&) { end(bye_reason::kicked, errc::kicked); },
        [this](const msg::protocol_violation&) { fault(); },
        [this](const msg::replaced&) { end(bye_reason::replaced); },
        [this](const msg::drain& m) { drain(m.on); },
        [this](const msg::tick&) { check_clock(); },
    };
  }

private:
  base::time_point now() const { return self_->clock().now(); }

  // -- the connection ---------------------------------------------------------

  caf::result<msg::attached> greet(const msg::greet& m) {
    connection_.replace(m.sink);
    auto welcome = m.welcome;
    welcome.session = config_->make_session(tag_, id_);
    welcome.resume_seconds = static_cast<std::uint32_t>(config_->lease.count());
    auto* first = outbox_.add(std::move(welcome));
    if (!first || !connection_.push(first->n, first->event)) {
      // A client without its welcome has no session token for a resume.
      self_->quit(make_error(errc::lease_over));
      return make_error(errc::unavailable);
    }
    return attached();
  }

  caf::result<msg::attached> reattach(const msg::reattach& m) {
    if (!outbox_.can_resume(m.ack)) {
      fault();
      return make_error(errc::resume_unknown);
    }
    outbox_.acknowledge(m.ack);
    connection_.replace(m.sink);
    auto ok = connection_.push(0, signal::resumed{received_, config_->make_session(tag_, id_)});
    if (ok && draining_)
      ok = connection_.push(0, signal::draining{});
    for (auto i = outbox_.entries().begin(); ok && i != outbox_.entries().end(); ++i)
      ok = connection_.push(i->n, i->event);
    if (!ok) {
      lost();
      return make_error(errc::slow);
    }
    ++resumes_;
    if (away_until_) {
      away_until_.reset();
      self_->send(room_, msg::presence{id_, false});
    }
    return attached();
  }

  msg::attached attached() {
    heard_ = now();
    arm();
    return {caf::actor_cast<peer_actor>(self_), connection_.number()};
  }

  void detached(std::uint64_t attachment) {
    if (connection_ && attachment == connection_.number())
      lost();
  }

  // The client is away from now on; a running lease continues.
  void lost() {
    connection_.drop();
    if (away_until_)
      return;
    away_until_ = now() + config_->lease;
    arm();
    self_->send(room_, msg::presence{id_, true});
  }

  void check_clock() {
    if (!timer_.fired(now()))
      return;
    if (away_until_ && now() >= *away_until_) {
      self_->quit(make_error(errc::lease_over));
      return;
    }
    if (!away_until_ && now() >= heard_ + config_->quiet) {
      heard_ = now();
      push(0, signal::pong{received_}); // fails when the connection is closed
    }
    arm();
  }

  void arm() { timer_.arm(away_until_ ? *away_until_ : heard_ + config_->quiet); }

  // -- both directions --------------------------------------------------------

  // False for a message that was repeated after a resume, and for a gap, which is a fault.
  bool is_next(std::uint32_t n) {
    heard_ = now();
    if (n <= received_)
      return false;
    if (n != received_ + 1) {
      fault();
      return false;
    }
    received_ = n;
    return true;
  }

  void acknowledge(const msg::acknowledge& m) {
    heard_ = now();
    rtt_ms_ = m.rtt_ms;
    if (!outbox_.acknowledge(m.n))
      return fault();
    push(0, signal::pong{received_});
  }

  void deliver(const signal::event& e) {
    if (auto* added = outbox_.add(e))
      push(added->n, added->event);
    else
      end(bye_reason::slow, errc::slow);
  }

  void drain(bool on) {
    draining_ = on;
    push(0, signal::draining{on});
  }

  void push(std::uint32_t n, const signal::message& m) {
    if (connection_ && !connection_.push(n, m))
      lost();
  }

  // -- the end ----------------------------------------------------------------

  void end(bye_reason why, errc reason = errc::none) {
    connection_.finish(signal::bye{why});
    self_->quit(reason == errc::none ? caf::error{} : make_error(reason));
  }

  void fault() {
    base::log(base::log_level::info, "peer_fault", {{"peer", pseudonym_of(id_)}});
    connection_.finish(signal::fault{});
    self_->quit(make_error(errc::protocol_fault));
  }

  msg::status status() const {
    auto out = describe("peer", pseudonym_of(id_), pseudonym_of(tag_),
                        away_until_ ? "away" : "connected", now() - started_);
    out.counters = {{"sent", outbox_.last()},
                    {"received", received_},
                    {"queued", outbox_.entries().size()},
                    {"queued_bytes", outbox_.bytes()},
                    {"resumes", resumes_},
                    {"rtt_ms", rtt_ms_}};
    out.mailbox = load_of(self_);
    return {{std::move(out)}};
  }

  member_actor::pointer self_;
  // A dying room drops its handles before it notifies anybody. This handle keeps the
  // peer alive until it has told its client; quitting destroys the state and with it the handle.
  member_actor alive_;
  timer<member_actor::pointer> timer_;
  room_actor room_;
  base::room_tag tag_;
  base::member_id id_;
  std::shared_ptr<const peer_config> config_;
  base::time_point started_{};

  connection connection_;
  std::optional<base::time_point> away_until_;
  base::time_point heard_{}; // when the client last said something
  outbox outbox_;
  std::uint32_t received_ = 0; // the client's highest number
  std::uint64_t resumes_ = 0;
  std::uint32_t rtt_ms_ = 0; // of its connection, as measured last
  base::token_bucket apps_;
  bool draining_ = false;
};

} // namespace

member_actor spawn_peer(const room_actor::pointer& room, base::room_tag tag, base::member_id id,
                        std::shared_ptr<const peer_config> config) {
  return spawn_metered<member_actor, peer_state, caf::monitored>(
      *room, [above = room_actor{room}, tag, id, config = std::move(config)](auto* self) mutable {
        return self->state.init(std::move(above), tag, id, std::move(config));
      });
}

} // namespace catchup::actors
