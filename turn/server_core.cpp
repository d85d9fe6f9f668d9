#include "turn/server_core.hpp"

#include "media/stun/writer.hpp"
#include "turn/channel_data.hpp"

#include <algorithm>
#include <limits>

namespace catchup::turn {

namespace {

using stun::attribute;
using stun::message_class;

constexpr std::size_t max_unknown_listed = 8;

bool is_turn_request(stun::method m) noexcept {
  return m == stun::method::allocate || m == stun::method::refresh ||
         m == stun::method::create_permission || m == stun::method::channel_bind;
}

// RFC 7983 §7: the two most significant bits of a STUN message are zero.
bool is_channel_data(base::const_bytes in) noexcept {
  return (std::to_integer<unsigned>(in.front()) & 0xc0) != 0;
}

bool all_understood(const stun::message& m) {
  bool out = true;
  m.each([&](attribute a, base::const_bytes) { out = out && understood(a); });
  return out;
}

transmit message_to(const five_tuple& to, base::const_bytes whole) {
  return {.to = to, .head = whole, .payload = {}, .padding = 0, .media = false};
}

std::size_t over(const five_tuple& from) noexcept {
  return from.transport == transport::tcp ? 1 : 0;
}

} // namespace

server_core::server_core(core_config config)
  : limits_(config.limits), local_services_(std::move(config.local_services)),
    strangers_{media::source_rates{limits_.strangers, media::random_seed()},
               media::source_rates{limits_.strangers, media::random_seed()}},
    requests_(limits_.requests, media::random_seed()),
    authenticator_(std::move(config.secret), std::string{realm}, config.nonce_validity),
    waiting_(config.max_pending), transaction_(base::random_array<12>()), scratch_{} {}

output server_core::handle(const media::timestamps& t, const five_tuple& from,
                           base::const_bytes in) {
  if (in.empty())
    return {};
  if (is_channel_data(in))
    return handle_channel_data(t.now, from, in);
  if (auto m = stun::message::parse(in))
    return handle(t, from, *m);
  count_malformed();
  return {};
}

output server_core::handle(const media::timestamps& t, const five_tuple& from,
                           const stun::message& m) {
  if (m.cls() == message_class::indication && m.method() == stun::method::send)
    return on_send(t.now, from, m);
  if (m.cls() != message_class::request)
    return {};
  if (m.method() == stun::method::binding)
    return on_binding(t.now, from, m);
  return is_turn_request(m.method()) ? on_request(t, from, m) : output{};
}

// Whether the rate limit leaves an answer to an unauthenticated client, and counts it. A client
// with an allocation has a limit of its own, which other clients at its address, or forgers of
// it, do not use up.
bool server_core::may_ask(base::time_point now, const five_tuple& from) {
  auto* entry = table_.by_client(from);
  bool may = entry != nullptr ? entry->answered.take(now, limits_.strangers)
                              : strangers_[over(from)].take(now, from.client.ip);
  totals_.limited_strangers += !may;
  return may;
}

bool server_core::could_ask(base::time_point now, const five_tuple& from) const {
  const auto* entry = table_.by_client(from);
  return entry != nullptr ? entry->answered.has(now, limits_.strangers)
                          : strangers_[over(from)].has(now, from.client.ip);
}

output server_core::on_binding(base::time_point now, const five_tuple& from,
                               const stun::message& m) {
  if (!may_ask(now, from))
    return {};
  ++totals_.bindings;
  if (!all_understood(m)) {
    auto out = refuse_unknown(from, m, nullptr);
    return out ? output{*out} : output{};
  }
  stun::message_writer w{scratch_, message_class::success, m.method(), m.transaction()};
  w.add_xor_address(attribute::xor_mapped_address, from.client);
  if (m.has_fingerprint())
    w.add_fingerprint();
  return message_to(from, *w.finish());
}

output server_core::on_request(const media::timestamps& t, const five_tuple& from,
                               const stun::message& m) {
  // A flood of wrong signatures costs one MAC each and not four.
  if (!could_ask(t.now, from) && !authenticator_.nonce_ok(m, from.client, t.wall)) {
    ++totals_.limited_strangers;
    return {};
  }
  auto who = authenticator_.check(m, from.client, t.wall);
  if (!who) {
    count_failure(t.wall, m, who.error().code);
    return challenge(t, from, m, who.error());
  }
  auto* entry = table_.by_client(from);
  if (entry != nullptr ? !entry->asked.take(t.now, limits_.requests)
                       : !requests_.take(t.now, from.client.ip)) {
    ++totals_.limited_requests;
    return {};
  }
  if (!all_understood(m)) {
    auto out = refuse_unknown(from, m, &*who);
    return out ? output{*out} : output{};
  }
  pending_request waiting{.method = m.method(),
                          .transaction = m.transaction(),
                          .key = who->key,
                          .sealed = who->sealed,
                          .fingerprint = m.has_fingerprint()};
  if (!waiting_.admit(t.now, from, waiting)) {
    ++totals_.refused_busy;
    return {};
  }
  ++totals_.requests;
  auto out = request::read(m, from, who->username);
  auto left = who->expiry + clock_skew - t.wall;
  out.credential_seconds = static_cast<std::uint32_t>(
      std::clamp<base::unix_seconds>(left, 1, std::numeric_limits<std::uint32_t>::max()));
  return out;
}

// Every client begins without credentials: that is no failure.
void server_core::count_failure(base::unix_seconds now, const stun::message& m, int code) {
  if (code == error::stale_nonce)
    ++totals_.auth_stale;
  auto username = m.find(attribute::username);
  if (code != error::unauthorized || !m.sealed_by() || !username)
    return;
  auto who = parse_username(base::as_text(*username));
  ++(who && who->expiry + clock_skew < now ? totals_.auth_expired : totals_.auth_wrong);
}

// The source may be forged, so no challenge is more than 2.6 times its request. The
// offer of password algorithms is long (RFC 8489 §9.2.4) and only goes into the answer to a
// request that is long enough. Where realm and nonce do not fit either, the answer is a bare
// header with 400.
output server_core::challenge(const media::timestamps& t, const five_tuple& from,
                              const stun::message& m, auth_failure why) {
  if (!may_ask(t.now, from))
    return {};
  auto too_long = [&](const auto& whole) {
    return whole && whole->size() * 10 > m.whole().size() * 26;
  };
  auto whole = write_challenge(t, from, m, why, true);
  if (too_long(whole))
    whole = write_challenge(t, from, m, why, false);
  if (too_long(whole)) {
    why = {error::bad_request};
    whole = write_challenge(t, from, m, why, false);
  }
  if (!whole)
    return {};
  totals_.challenges += why.code != error::bad_request;
  return message_to(from, *whole);
}

// Without a reason phrase, since it may go to a forged source. Signed only when the
// integrity of the request was verified (RFC 8489 §9.2.4).
std::optional<base::const_bytes>
server_core::write_challenge(const media::timestamps& t, const five_tuple& from,
                             const stun::message& m, const auth_failure& why, bool with_offer) {
  stun::message_writer w{scratch_, message_class::error, m.method(), m.transaction()};
  w.add_error_code(why.code);
  if (why.code != error::bad_request) {
    w.add_text(attribute::realm, authenticator_.realm());
    w.add_text(attribute::nonce, authenticator_.make_nonce(from.client, t.wall, with_offer));
    if (with_offer)
      w.add(attribute::password_algorithms, authenticator::offered());
  }
  if (why.verified)
    w.add_integrity(why.verified->key, why.verified->kind);
  if (m.has_fingerprint())
    w.add_fingerprint();
  return w.finish();
}

std::optional<transmit> server_core::refuse_unknown(const five_tuple& to, const stun::message& m,
                                                    const authenticated* who) {
  std::array<attribute, max_unknown_listed> unknown;
  std::size_t n = 0;
  m.each([&](attribute a, base::const_bytes) {
    if (!understood(a) && n < unknown.size())
      unknown[n++] = a;
  });
  stun::message_writer w{scratch_, message_class::error, m.method(), m.transaction()};
  w.add_error_code(error::unknown_attribute);
  w.add_unknown_attributes(std::span{unknown}.first(n));
  if (who != nullptr)
    w.add_integrity(who->key, who->sealed);
  if (m.has_fingerprint())
    w.add_fingerprint();
  auto whole = w.finish();
  return whole ? std::optional{message_to(to, *whole)} : std::nullopt;
}

transmit server_core::answer(const five_tuple& to, const pending_request& t, const response& r) {
  auto cls = r.error == 0 ? message_class::success : message_class::error;
  stun::message_writer w{scratch_, cls, t.method, t.transaction};
  if (r.error != 0)
    w.add_error_code(r.error);
  if (r.relayed) {
    w.add_xor_address(attribute::xor_relayed_address, *r.relayed);
    w.add_xor_address(attribute::xor_mapped_address, to.client);
  }
  if (r.second_family)
    w.add_xor_address(attribute::xor_relayed_address, *r.second_family);
  if (r.missing)
    w.add_address_error(static_cast<std::uint8_t>(r.missing->family), r.missing->error);
  if (r.token)
    w.add(attribute::reservation_token, *r.token);
  if (r.lifetime)
    w.add_u32(attribute::lifetime, *r.lifetime);
  w.add_integrity(t.key, t.sealed);
  if (t.fingerprint)
    w.add_fingerprint();
  return message_to(to, *w.finish());
}

output server_core::on_send(base::time_point now, const five_tuple& from, const stun::message& m) {
  if (queues_up(now, from, m.whole()) || !all_understood(m))
    return {};
  auto address = m.find(attribute::xor_peer_address);
  auto data = m.find(attribute::data);
  if (!address || !data)
    return {};
  auto peer = stun::read_xor_address(*address, m.transaction());
  if (!peer)
    return {};
  auto* entry = table_.by_client(from);
  if (entry != nullptr)
    entry->recent.note_sent(now, *peer);
  if (entry == nullptr || !entry->route.reaches(now, peer->ip))
    return hold(now, from, m.whole()) ? output{} : drop(entry, data->size());
  return forward(now, *entry, *peer, *data);
}

output server_core::handle_channel_data(base::time_point now, const five_tuple& from,
                                        base::const_bytes in) {
  if (queues_up(now, from, in))
    return {};
  auto data = channel_data::parse(in);
  auto* entry = table_.by_client(from);
  if (!data) {
    totals_.malformed += entry != nullptr;
    return {};
  }
  const auto* channel = entry != nullptr ? entry->route.by_number(now, data->channel) : nullptr;
  if (channel == nullptr || !entry->route.reaches(now, channel->peer.ip))
    return hold(now, from, in) ? output{} : drop(entry, data->payload.size());
  return forward(now, *entry, channel->peer, data->payload);
}

output server_core::on_media(base::time_point now, const five_tuple& from, base::const_bytes in) {
  if (is_channel_data(in))
    return handle_channel_data(now, from, in);
  auto m = stun::message::parse(in);
  return m ? on_send(now, from, *m) : output{};
}

// A client need not wait for the answer before it sends what the answer allows. Its
// media waits instead, while a request of its own is on the way to the actor.
bool server_core::hold(base::time_point now, const five_tuple& from, base::const_bytes in) {
  auto behind = releasing_ ? std::nullopt : waiting_.newest(from);
  bool kept = behind && held_.add(now, from, {.from = from, .behind = *behind}, in);
  totals_.held += kept;
  return kept;
}

// Whether the sender's own allocation lets this packet through.
bool server_core::has_way(base::time_point now, const five_tuple& from,
                          base::const_bytes in) const {
  const auto* entry = table_.by_client(from);
  if (entry == nullptr)
    return false;
  std::optional<base::endpoint> peer;
  if (auto data = channel_data::parse(in)) {
    if (const auto* channel = entry->route.by_number(now, data->channel))
      peer = channel->peer;
  } else if (auto m = stun::message::parse(in)) {
    if (auto address = m->find(attribute::xor_peer_address))
      peer = stun::read_xor_address(*address, m->transaction());
  }
  return peer && entry->route.reaches(now, peer->ip);
}

output server_core::release(base::time_point now) {
  while (const auto* p = held_.next()) {
    bool undecided = now < p->until && waiting_.any_until(p->from, p->behind);
    bool way = has_way(now, p->from, p->bytes);
    if (undecided && !way) {
      held_.sleep();
      continue;
    }
    totals_.held_expired += !way;
    released_ = held_.take();
    releasing_ = true;
    auto out = on_media(now, released_.from, released_.bytes);
    releasing_ = false;
    if (!std::holds_alternative<std::monostate>(out))
      return out;
  }
  return release_early(now);
}

// The receiver's allocation lives and does not permit the sender yet.
bool server_core::keep_early(base::time_point now, const base::endpoint& peer,
                             const base::endpoint& relayed, base::const_bytes payload) {
  const auto* to = table_.by_relayed(relayed);
  bool kept = to != nullptr && now < to->route.expires && !to->route.permits(now, peer.ip) &&
              early_.add(now, to->route.client, {.peer = peer, .relayed = relayed}, payload);
  totals_.early += kept;
  return kept;
}

output server_core::release_early(base::time_point now) {
  while (const auto* p = early_.next()) {
    const auto* to = table_.by_relayed(p->relayed);
    if (now < p->until && to != nullptr && !to->route.reaches(now, p->peer.ip)) {
      early_.sleep();
      continue;
    }
    released_early_ = early_.take();
    const auto& r = released_early_;
    if (auto out = now < r.until ? deliver(now, r.peer, r.relayed, r.bytes) : std::nullopt)
      return *out;
    ++totals_.early_expired;
    ++totals_.unrouted;
  }
  return {};
}

output server_core::drop(forwarding_table::entry* from, std::size_t payload) {
  if (from == nullptr)
    return {};
  auto& counted = table_.count(*from);
  ++counted.packets_from_client;
  counted.bytes_from_client += payload;
  ++counted.dropped;
  ++totals_.unrouted;
  return {};
}

// The whole relay: from one allocation to another in one pass. Both ends must permit
// the address of the other.
output server_core::forward(base::time_point now, forwarding_table::entry& from,
                            const base::endpoint& peer, base::const_bytes payload) {
  auto& counted = table_.count(from);
  ++counted.packets_from_client;
  counted.bytes_from_client += payload.size();
  if (!from.sent.take(now, payload.size(), limits_.allocation)) {
    ++counted.dropped;
    ++totals_.limited_allocations;
    return {};
  }
  auto relayed = from.route.address_for(peer.ip);
  if (is_local(peer)) {
    ++totals_.forwarded;
    return local_delivery{relayed, peer, payload};
  }
  if (auto out = deliver(now, relayed, peer, payload))
    return *out;
  if (keep_early(now, relayed, peer, payload))
    return {};
  ++counted.dropped;
  ++totals_.unrouted;
  return {};
}

std::optional<transmit> server_core::deliver(base::time_point now, const base::endpoint& peer,
                                             const base::endpoint& relayed,
                                             base::const_bytes payload) {
  auto* to = table_.by_relayed(relayed);
  if (to == nullptr || !to->route.reaches(now, peer.ip))
    return std::nullopt;
  // All clients of the relay have its address, so a permission admits all of them. Packets of
  // peers to which the client does not send must not use up the limit of its partners.
  const auto* channel = to->route.by_peer(now, peer);
  bool invited = channel != nullptr || to->recent.contains(now, peer);
  if (!(invited ? to->received.take(now, payload.size(), limits_.allocation)
                : to->uninvited.take(now, payload.size(), limits_.uninvited))) {
    ++(invited ? totals_.limited_allocations : totals_.limited_uninvited);
    return std::nullopt;
  }
  if (!all_media_.take(now, payload.size(), limits_.all)) {
    ++totals_.limited_media;
    return std::nullopt;
  }
  transmit out{.to = to->route.client, .head = {}, .payload = payload, .padding = 0, .media = true};
  if (channel != nullptr && payload.size() <= 0xffff) {
    auto head = channel_header(channel->number, payload.size());
    std::copy(head.begin(), head.end(), scratch_.begin());
    out.head = base::const_bytes{scratch_}.first(head.size());
    if (out.to.transport == transport::tcp)
      out.padding = stun::padded(payload.size()) - payload.size();
  } else {
    stun::message_writer w{scratch_, message_class::indication, stun::method::data,
                           next_transaction()};
    w.add_xor_address(attribute::xor_peer_address, peer);
    auto head = w.finish_before(attribute::data, payload.size());
    if (!head)
      return std::nullopt;
    out.head = *head;
    out.padding = stun::padded(payload.size()) - payload.size();
  }
  auto& counted = table_.count(*to);
  ++counted.packets_to_client;
  counted.bytes_to_client += payload.size();
  ++totals_.forwarded;
  return out;
}

std::optional<transmit> server_core::apply(const command& c) {
  if (const auto* i = std::get_if<install>(&c)) {
    table_.install(i->value);
    held_.wake(i->value.client);
    early_.wake(i->value.client);
  } else if (const auto* gone = std::get_if<remove>(&c)) {
    table_.remove(gone->client, gone->allocation);
  } else if (const auto* r = std::get_if<reply>(&c)) {
    if (auto t = waiting_.take(r->to, r->transaction)) {
      held_.wake(r->to);
      return answer(r->to, *t, r->value);
    }
  }
  return std::nullopt;
}

bool server_core::known(const five_tuple& client) const {
  return table_.by_client(client) != nullptr || waiting_.waiting(client);
}

// Data indications are not answered: their ids need to differ, not be secret.
stun::transaction_id server_core::next_transaction() noexcept {
  for (auto i = transaction_.size(); i-- > 0;) {
    transaction_[i] = static_cast<std::byte>(std::to_integer<unsigned>(transaction_[i]) + 1);
    if (transaction_[i] != std::byte{0})
      break;
  }
  return transaction_;
}

} // namespace catchup::turn
