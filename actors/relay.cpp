#include "actors/relay.hpp"

#include "actors/allocation.hpp"
#include "actors/metered.hpp"
#include "actors/relay_view.hpp"
#include "actors/status.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "media/rate.hpp"
#include "turn/credentials.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace catchup::actors {

namespace {

constexpr std::size_t max_listed = 1000;

/// Brings what happens on the media thread into the relay's mailbox.
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

template <class Map, class Key>
std::size_t count_of(const Map& map, const Key& key) {
  auto i = map.find(key);
  return i == map.end() ? 0 : i->second;
}

template <class Map, class Key>
void count_down(Map& map, const Key& key) {
  if (auto i = map.find(key); i != map.end() && --i->second == 0)
    map.erase(i);
}

bool carried_any(const turn::counters& c) {
  return c.packets_from_client + c.packets_to_client + c.dropped > 0;
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

} // namespace

relay_actor::behavior_type relay_state::init(relay_config config,
                                             std::shared_ptr<turn::shell::command_sink> media) {
  config_ = std::move(config);
  media_ = std::move(media);
  addresses_.emplace(config_.plan, config_.quarantine);
  claims_.emplace(config_.grace);
  begun_ = now();
  // Numbers go on rising when a relay is replaced.
  last_id_ = static_cast<turn::allocation_id>(now().time_since_epoch().count());
  self_->set_down_handler([this](const caf::down_msg& dm) { on_down(dm); });
  auto events = std::make_shared<relay_events>(relay_actor{self_});
  self_->attach_functor([media = media_, id = events.get()] { media->unsubscribe(id); });
  media_->subscribe(std::move(events));
  return {
      [this](const msg::turn_request& m) { on_request(m); },
      [this](const msg::turn_closed& m) {
        if (auto i = entries_.find(m.client); i != entries_.end())
          self_->send(i->second.handle, msg::end_allocation{});
      },
      [this](const msg::turn_usage& m) { on_usage(m); },
      [this](const msg::membership& m) { on_membership(m); },
      [this](const msg::allocation_ended& m) {
        if (auto i = entries_.find(m.client); i != entries_.end() && i->second.id == m.allocation)
          forget(m.client);
      },
      [this](const msg::end_named& m) { end_named(m); },
      [this](const msg::check_expiry&) { check_claims(); },
      [this](const msg::drain& m) { draining_ = m.on; },
      [](const msg::probe&) {},
      [this](const msg::get_relay_status&) { return status(); },
  };
}

caf::actor_addr relay_state::find(const turn::five_tuple& client) const {
  auto i = entries_.find(client);
  return i != entries_.end() ? i->second.handle.address() : caf::actor_addr{};
}

base::time_point relay_state::now() const { return self_->clock().now(); }

void relay_state::on_request(const msg::turn_request& m) {
  const auto& r = m.value;
  if (auto i = entries_.find(r.from); i != entries_.end()) {
    i->second.heard = now();
    self_->send(i->second.handle, m);
  } else if (r.method != turn::stun::method::allocate)
    answer(r, turn::error::allocation_mismatch);
  else if (r.defect != 0)
    answer(r, r.defect);
  else
    allocate(m);
}

// How many of the user's own have to go for it, or why there is none for this user.
// A port that is set aside counts as an allocation, so that nobody can set all of
// them aside.
base::result<std::size_t, int> relay_state::admit(const turn::request& r, const std::string& user) {
  if (auto code = addresses_->refuse_family(r))
    return base::failure{code};
  if (addresses_->redeems(now(), r, user))
    return 0; // it has been counted
  // A call that goes on may need another way; who has none yet goes elsewhere.
  auto own = of_user_.find(user);
  if (draining_ && own == of_user_.end()) {
    ++totals_.refused_draining;
    return base::failure{turn::error::insufficient_capacity};
  }
  std::size_t more = r.reserve_next ? 2 : 1;
  if (entries_.size() + addresses_->reserved() + more > config_.total) {
    ++totals_.refused_capacity;
    return base::failure{turn::error::insufficient_capacity};
  }
  auto wanted = more + (own != of_user_.end() ? own->second.held : 0);
  auto too_many = wanted - std::min(wanted, config_.per_user);
  if (count_of(of_source_, media::source_of(r.from.client.ip)) + more > config_.per_source ||
      idlest(user, too_many).size() < too_many) {
    ++totals_.refused_quota;
    return base::failure{turn::error::quota_reached};
  }
  return too_many;
}

// A client that nobody hears of any more, or that has been here for a while and
// never used what it has. ICE asks for consent every five seconds (RFC 7675 §5.1).
bool relay_state::idle(const entry& e) const {
  return now() >= e.heard + (carried_any(e.counted) ? config_.idle : config_.unused);
}

// At most `n` of the user's that are idle, longest first. Who has no name may be
// anybody, so nobody is there to choose among them.
std::vector<turn::five_tuple> relay_state::idlest(const std::string& user, std::size_t n) const {
  std::vector<turn::five_tuple> out;
  auto i = of_user_.find(user);
  if (n == 0 || user.empty() || i == of_user_.end())
    return out;
  for (const auto& client : i->second.clients)
    if (idle(entries_.at(client)))
      out.push_back(client);
  std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
    return entries_.at(a).heard < entries_.at(b).heard;
  });
  out.resize(std::min(n, out.size()));
  return out;
}

// Forgotten at once and not when its actor says so: the next request counts it no
// more.
void relay_state::replace(const turn::five_tuple& client) {
  self_->send(entries_.at(client).handle, msg::end_allocation{});
  ++totals_.replaced_idle;
  forget(client);
}

void relay_state::hold(const std::string& user, const base::ip_address& source) {
  ++of_user_[user].held;
  ++of_source_[source];
}

void relay_state::release(const std::string& user, const base::ip_address& source) {
  if (auto i = of_user_.find(user); i != of_user_.end() && --i->second.held == 0)
    of_user_.erase(i);
  count_down(of_source_, source);
}

void relay_state::end_reservations() {
  for (const auto& r : addresses_->end_reservations(now()))
    release(r.user, r.source);
}

void relay_state::allocate(const msg::turn_request& m) {
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
  for (const auto& client : idlest(user, *too_many))
    replace(client);
  if (chosen->extras.token)
    hold(user, source);
  if (chosen->held_for)
    release(user, *chosen->held_for);
  hold(user, source);
  turn::allocation core{++last_id_, config_.plan, chosen->relayed, r, now(), chosen->extras};
  entry e;
  e.handle = spawn_metered<allocation_actor, allocation_state, caf::monitored>(
      *self_,
      [core = std::move(core), me = relay_actor{self_}, media = media_](auto* self) mutable {
        return self->state.init(std::move(core), me, std::move(media));
      });
  e.id = last_id_;
  e.port = chosen->relayed.port;
  e.user = user;
  e.source = source;
  e.heard = now();
  of_user_[user].clients.push_back(r.from);
  ++totals_.allocated;
  by_actor_.emplace(e.handle->id(), r.from);
  self_->send(e.handle, m);
  entries_.emplace(r.from, std::move(e));
}

void relay_state::forget(const turn::five_tuple& client) {
  auto i = entries_.find(client);
  if (i == entries_.end())
    return;
  auto& e = i->second;
  media_->post(turn::remove{client, e.id});
  addresses_->give_back(now(), e.port);
  std::erase(of_user_[e.user].clients, client);
  release(e.user, e.source);
  by_actor_.erase(e.handle->id());
  entries_.erase(i);
}

void relay_state::on_down(const caf::down_msg& dm) {
  auto i = by_actor_.find(dm.source.id());
  if (i == by_actor_.end())
    return; // it had said so
  ++totals_.crashed;
  totals_.last_error = error_words(self_->system(), dm.reason);
  base::log(base::log_level::warn, "allocation_crashed", {{"reason", totals_.last_error}});
  forget(turn::five_tuple{i->second});
}

void relay_state::on_usage(const msg::turn_usage& m) {
  totals_.core = m.totals;
  for (const auto& u : m.changed) {
    auto i = entries_.find(u.client);
    if (i == entries_.end() || i->second.id != u.allocation)
      continue;
    add(totals_.carried, u.carried);
    add(i->second.counted, u.carried);
    i->second.heard = now();
    self_->send(i->second.handle, msg::count_usage{i->second.counted});
  }
  media_->post(turn::usage_seen{});
}

void relay_state::on_membership(const msg::membership& m) {
  if (m.user.empty())
    return;
  if (claims_->note(now(), m.user, m.what, of_user_.contains(m.user)))
    end_user(m.user);
  check_claims();
}

// A timer that fires too early looks again.
void relay_state::check_claims() {
  for (const auto& user : claims_->take_over(now()))
    end_user(user);
  if (armed_ <= now())
    armed_ = base::time_point::max();
  if (auto next = claims_->deadline(); next < armed_) {
    armed_ = next;
    self_->scheduled_send(self_, next, msg::check_expiry{});
  }
}

void relay_state::end_user(const std::string& user) {
  for (const auto& [client, e] : entries_)
    if (e.user == user)
      self_->send(e.handle, msg::end_allocation{});
}

void relay_state::end_named(const msg::end_named& m) {
  for (const auto& [client, e] : entries_)
    if (allocation_name(e.id) == m.name) {
      if (m.crash)
        caf::anon_send_exit(e.handle, caf::exit_reason::kill);
      else
        self_->send(e.handle, msg::end_allocation{});
    }
}

void relay_state::answer(const turn::request& r, int error) {
  media_->post(turn::reply{r.from, r.transaction, {.error = error}});
}

caf::result<msg::relay_status> relay_state::status() {
  auto out = std::make_shared<msg::relay_status>(totals_);
  out->allocations = entries_.size();
  out->allocations_tcp =
      static_cast<std::uint64_t>(std::count_if(entries_.begin(), entries_.end(), [](const auto& e) {
        return e.first.transport == turn::transport::tcp;
      }));
  out->mailbox = load_of(self_);
  out->age_seconds = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now() - begun_).count());
  auto promise = self_->make_response_promise<msg::relay_status>();
  auto waiting = std::make_shared<std::size_t>(std::min(entries_.size(), max_listed));
  if (*waiting == 0)
    return promise.deliver(std::move(*out));
  auto one_less = [=]() mutable {
    if (--*waiting == 0)
      promise.deliver(std::move(*out));
  };
  auto left = *waiting;
  for (const auto& [client, e] : entries_) {
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

relay_actor::behavior_type relay(relay_actor::stateful_pointer<relay_state> self,
                                 relay_config config,
                                 std::shared_ptr<turn::shell::command_sink> media) {
  return self->state.init(std::move(config), std::move(media));
}

relay_actor spawn_relay(caf::local_actor& parent, relay_config config,
                        std::shared_ptr<turn::shell::command_sink> media) {
  return spawn_metered<relay_actor, relay_state, caf::linked>(
      parent, [config = std::move(config), media = std::move(media)](auto* self) mutable {
        return self->state.init(std::move(config), std::move(media));
      });
}

void add_turn_messages(caf::actor_system_config& cfg) {
  cfg.add_message_types<caf::id_block::catchup_turn>();
}

} // namespace catchup::actors
