#include "actors/relay.hpp"

#include "actors/allocation_retention.hpp"
#include "actors/metered.hpp"
#include "actors/names.hpp"
#include "actors/relay_table.hpp"
#include "actors/relay_view.hpp"
#include "actors/status.hpp"
#include "actors/timer.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "media/rate.hpp"
#include "turn/credentials.hpp"
#include "turn/relayed_addresses.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace catchup::actors {

namespace {

constexpr std::size_t max_listed = 1000;

/// Sends the events of the media thread to the relay's mailbox.
class relay_events final : public turn::shell::events {
public:
  explicit relay_events(relay_actor relay) : relay_(std::move(relay)) {}

  void on_request(const turn::request& r) override { caf::anon_send(relay_, msg::turn_request{r}); }
  void on_closed(const turn::five_tuple& client) override {
    caf::anon_send(relay_, msg::turn_closed{client});
  }
  void on_usage(std::vector<turn::usage> changed, const turn::core_counters& totals) override {
    caf::anon_send(relay_, msg::turn_usage{std::move(changed), totals});
  }

private:
  relay_actor relay_;
};

std::string user_of(std::string_view username) {
  auto who = turn::parse_username(username);
  return who ? std::string{who->user} : std::string{};
}

void add(turn::counters& to, const turn::counters& more) {
  to.packets_from_client += more.packets_from_client;
  to.bytes_from_client += more.bytes_from_client;
  to.packets_to_client += more.packets_to_client;
  to.bytes_to_client += more.bytes_to_client;
  to.dropped += more.dropped;
}

turn::relayed_addresses::chance random_chance() {
  auto raw = base::random_array<4>();
  return {base::reader{raw}.u32(), base::random_array<8>()};
}

class relay_state {
public:
  static inline const char* name = "relay";

  explicit relay_state(relay_actor::pointer self)
    : self_(self), timer_(self), table_({}, {}), retention_(base::duration::zero()) {}

  relay_actor::behavior_type init(relay_config config,
                                  std::shared_ptr<turn::shell::command_sink> media) {
    config_ = std::move(config);
    media_ = std::move(media);
    addresses_.emplace(config_.plan, config_.quarantine);
    table_ = relay_table{config_.idle, config_.unused};
    retention_ = allocation_retention{config_.grace};
    begun_ = now();
    // Greater than the numbers of any relay before it.
    last_id_ = static_cast<turn::allocation_id>(now().time_since_epoch().count());
    self_->set_down_handler([this](const caf::down_msg& dm) { on_down(dm); });
    auto events = std::make_shared<relay_events>(relay_actor{self_});
    self_->attach_functor([media = media_, id = events.get()] { media->unsubscribe(id); });
    media_->subscribe(std::move(events));
    return {
        [this](const msg::turn_request& m) { on_request(m); },
        [this](const msg::turn_closed& m) {
          if (auto* e = table_.find(m.client))
            self_->send(e->handle, msg::end_allocation{});
        },
        [this](const msg::turn_usage& m) { on_usage(m); },
        [this](const msg::membership& m) { on_membership(m); },
        [this](const msg::allocation_ended& m) {
          if (auto* e = table_.find(m.client); e && e->id == m.allocation)
            forget(m.client);
        },
        [this](const msg::end_named& m) { end_named(m); },
        [this](const msg::tick&) {
          if (timer_.fired(now()))
            end_expired_users();
        },
        [this](const msg::drain& m) { draining_ = m.on; },
        [](const msg::probe&) {},
        [this](const msg::get_relay_status&) { return status(); },
    };
  }

private:
  base::time_point now() const { return self_->clock().now(); }

  // -- requests ---------------------------------------------------------------

  void on_request(const msg::turn_request& m) {
    const auto& r = m.value;
    if (auto* e = table_.find(r.from)) {
      e->heard = now();
      self_->send(e->handle, m);
    } else if (r.method != turn::stun::method::allocate)
      answer(r, turn::error::allocation_mismatch);
    else if (r.defect != 0)
      answer(r, r.defect);
    else
      allocate(m);
  }

  // Returns how many allocations of the same user have to end for the new one, or the error
  // code. A reserved port counts as an allocation, so that nobody reserves all of them.
  base::result<std::size_t, int> admit(const turn::request& r, const std::string& user) {
    if (auto code = addresses_->refuse_family(r))
      return base::failure{code};
    if (addresses_->redeems(now(), r, user))
      return 0; // it has been counted
    // A call in progress may need another route; new users go to another server.
    if (draining_ && !table_.has_user(user)) {
      ++totals_.refused_draining;
      return base::failure{turn::error::insufficient_capacity};
    }
    std::size_t more = r.reserve_next ? 2 : 1;
    if (table_.size() + addresses_->reserved() + more > config_.total) {
      ++totals_.refused_capacity;
      return base::failure{turn::error::insufficient_capacity};
    }
    auto wanted = more + table_.held_by(user);
    auto too_many = wanted - std::min(wanted, config_.per_user);
    if (table_.held_from(media::source_of(r.from.client.ip)) + more > config_.per_source ||
        table_.idlest(now(), user, too_many).size() < too_many) {
      ++totals_.refused_quota;
      return base::failure{turn::error::quota_reached};
    }
    return too_many;
  }

  void allocate(const msg::turn_request& m) {
    const auto& r = m.value;
    auto user = user_of(r.username);
    auto source = media::source_of(r.from.client.ip);
    end_reservations();
    auto too_many = admit(r, user);
    if (!too_many) {
      answer(r, too_many.error());
      return;
    }
    auto chosen = addresses_->choose(now(), r, user, source, random_chance());
    if (!chosen) {
      ++totals_.refused_capacity;
      answer(r, chosen.error());
      return;
    }
    for (const auto& client : table_.idlest(now(), user, *too_many))
      replace(client);
    if (chosen->extras.token)
      table_.hold(user, source);
    if (chosen->held_for)
      table_.release(user, *chosen->held_for);
    table_.hold(user, source);
    turn::allocation core{++last_id_, config_.plan, chosen->relayed, r, now(), chosen->extras};
    relay_table::entry e;
    e.handle = config_.make_allocation(self_, std::move(core), media_);
    e.id = last_id_;
    e.port = chosen->relayed.port;
    e.user = user;
    e.source = source;
    e.heard = now();
    ++totals_.allocated;
    self_->send(e.handle, m);
    table_.add(r.from, std::move(e));
  }

  void answer(const turn::request& r, int error) {
    media_->post(turn::reply{r.from, r.transaction, {.error = error}});
  }

  // -- the end of allocations -------------------------------------------------

  void end_reservations() {
    for (const auto& r : addresses_->end_reservations(now()))
      table_.release(r.user, r.source);
  }

  // Forgotten at once, not when its actor has ended, so that the next request does not
  // count it.
  void replace(const turn::five_tuple& client) {
    self_->send(table_.find(client)->handle, msg::end_allocation{});
    ++totals_.replaced_idle;
    forget(client);
  }

  void forget(const turn::five_tuple& client) {
    auto e = table_.remove(client);
    if (!e)
      return;
    media_->post(turn::remove{client, e->id});
    addresses_->give_back(now(), e->port);
  }

  void on_down(const caf::down_msg& dm) {
    auto client = table_.client_of(dm.source.id());
    if (!client)
      return; // allocation_ended came first
    ++totals_.crashed;
    totals_.last_error = error_words(self_->system(), dm.reason);
    base::log(base::log_level::warn, "allocation_crashed", {{"reason", totals_.last_error}});
    forget(*client);
  }

  void on_membership(const msg::membership& m) {
    auto user = turn_user(m.member);
    if (retention_.note(now(), user, m.change, table_.has_user(user)))
      end_user(user);
    end_expired_users();
  }

  void end_expired_users() {
    for (const auto& user : retention_.take_expired(now()))
      end_user(user);
    timer_.arm(retention_.deadline());
  }

  void end_user(const std::string& user) {
    for (const auto& [client, e] : table_.all())
      if (e.user == user)
        self_->send(e.handle, msg::end_allocation{});
  }

  void end_named(const msg::end_named& m) {
    for (const auto& [client, e] : table_.all())
      if (allocation_name(e.id) == m.name) {
        if (m.crash)
          caf::anon_send_exit(e.handle, caf::exit_reason::kill);
        else
          self_->send(e.handle, msg::end_allocation{});
      }
  }

  // -- counters ---------------------------------------------------------------

  void on_usage(const msg::turn_usage& m) {
    totals_.core = m.totals;
    for (const auto& u : m.changed) {
      auto* e = table_.find(u.client);
      if (!e || e->id != u.allocation)
        continue;
      add(totals_.carried, u.carried);
      add(e->counted, u.carried);
      e->heard = now();
      self_->send(e->handle, msg::count_usage{e->counted});
    }
    media_->post(turn::usage_seen{});
  }

  caf::result<msg::relay_status> status() {
    const auto& entries = table_.all();
    auto out = std::make_shared<msg::relay_status>(totals_);
    out->allocations = entries.size();
    out->allocations_tcp =
        static_cast<std::uint64_t>(std::count_if(entries.begin(), entries.end(), [](const auto& e) {
          return e.first.transport == turn::transport::tcp;
        }));
    if (config_.port)
      out->port = config_.port->totals();
    out->mailbox = load_of(self_);
    out->age_seconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now() - begun_).count());
    auto promise = self_->make_response_promise<msg::relay_status>();
    auto waiting = std::make_shared<std::size_t>(std::min(entries.size(), max_listed));
    if (*waiting == 0)
      return promise.deliver(std::move(*out));
    auto one_less = [=]() mutable {
      if (--*waiting == 0)
        promise.deliver(std::move(*out));
    };
    auto left = *waiting;
    for (const auto& [client, e] : entries) {
      if (left-- == 0)
        break;
      self_->request(e.handle, caf::infinite, msg::get_allocation_status{})
          .then(
              [=](msg::allocation_status& s) mutable {
                out->list.push_back(std::move(s));
                one_less();
              },
              [=](caf::error&) mutable { one_less(); });
    }
    return promise;
  }

  relay_actor::pointer self_;
  timer<relay_actor::pointer> timer_; // for retention_
  relay_config config_;
  std::shared_ptr<turn::shell::command_sink> media_;
  std::optional<turn::relayed_addresses> addresses_; // set by init
  relay_table table_;
  allocation_retention retention_;
  turn::allocation_id last_id_ = 0;
  msg::relay_status totals_;
  base::time_point begun_;
  bool draining_ = false;
};

} // namespace

relay_actor spawn_relay(caf::local_actor& parent, relay_config config,
                        std::shared_ptr<turn::shell::command_sink> media) {
  return spawn_metered<relay_actor, relay_state>(
      parent, [config = std::move(config), media = std::move(media)](auto* self) mutable {
        return self->state.init(std::move(config), std::move(media));
      });
}

void add_turn_messages(caf::actor_system_config& cfg) {
  cfg.add_message_types<caf::id_block::catchup_turn>();
}

} // namespace catchup::actors
