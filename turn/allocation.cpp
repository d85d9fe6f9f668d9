#include "turn/allocation.hpp"

#include <algorithm>

namespace catchup::turn {

namespace {

constexpr std::uint32_t default_lifetime = 600;
constexpr std::uint32_t max_lifetime = 3600;

allocation::outcome refuse(int code) { return {{.error = code}}; }

std::chrono::seconds lifetime_of(const request& r) noexcept {
  return std::chrono::seconds{granted_lifetime(r.lifetime, r.credential_seconds)};
}

} // namespace

std::uint32_t granted_lifetime(std::optional<std::uint32_t> requested,
                               std::uint32_t credential_seconds) noexcept {
  auto out = std::clamp(requested.value_or(default_lifetime), default_lifetime, max_lifetime);
  return std::min(out, credential_seconds);
}

allocation::allocation(allocation_id id, address_plan plan, const base::endpoint& relayed,
                       const request& created, base::time_point now,
                       const allocation_extras& extras)
  : plan_(std::move(plan)), username_(created.username), created_by_(created.transaction),
    extras_(extras) {
  auto expires = now + lifetime_of(created);
  leases_.push_back({relayed.ip, expires});
  if (extras.second_family)
    leases_.push_back({*extras.second_family, expires});
  routes_.client = created.from;
  routes_.allocation = id;
  routes_.relayed = relayed;
  routes_.second_family = extras.second_family;
  routes_.expires = expires;
}

bool allocation::expired(base::time_point now) const noexcept {
  return std::all_of(leases_.begin(), leases_.end(),
                     [&](const auto& l) { return now >= l.expires; });
}

base::time_point allocation::expires() const noexcept {
  auto out = leases_.empty() ? base::time_point{} : leases_.front().expires;
  for (const auto& l : leases_)
    out = std::min(out, l.expires);
  return out;
}

bool allocation::drop_expired(base::time_point now) {
  if (leases_.size() < 2 || expired(now))
    return false;
  for (const auto& l : leases_)
    if (now >= l.expires) {
      drop_family(l.ip.is_v4());
      return true;
    }
  return false;
}

// Permissions and channels go with the address of their family, the others stay.
void allocation::drop_family(bool v4) {
  std::erase_if(leases_, [&](const auto& l) { return l.ip.is_v4() == v4; });
  std::erase_if(routes_.permissions, [&](const auto& p) { return p.peer.is_v4() == v4; });
  std::erase_if(routes_.channels, [&](const auto& c) { return c.peer.ip.is_v4() == v4; });
}

allocation::outcome allocation::handle(base::time_point now, const request& r) {
  drop_expired(now);
  if (expired(now))
    return refuse(error::allocation_mismatch);
  if (r.method == stun::method::allocate)
    return allocated(now, r);
  if (r.username != username_)
    return refuse(error::wrong_credentials); // §5: of every request but Allocate
  if (r.defect != 0)
    return refuse(r.defect);
  switch (r.method) {
  case stun::method::refresh:
    return refresh(now, r);
  case stun::method::create_permission:
    return create_permission(now, r);
  case stun::method::channel_bind:
    return bind_channel(now, r);
  default:
    return refuse(error::bad_request);
  }
}

// A retransmission gets the same success again, another request or another user
// 437 (§7.2, second check): a client then tries another socket.
allocation::outcome allocation::allocated(base::time_point now, const request& r) const {
  if (r.transaction != created_by_ || r.username != username_)
    return refuse(error::allocation_mismatch);
  auto left = std::chrono::ceil<std::chrono::seconds>(expires() - now);
  outcome out;
  out.answer.relayed = routes_.relayed;
  if (extras_.second_family)
    out.answer.second_family = base::endpoint{*extras_.second_family, routes_.relayed.port};
  out.answer.lifetime = static_cast<std::uint32_t>(left.count());
  out.answer.token = extras_.token;
  out.answer.missing = extras_.missing;
  return out;
}

// Of a dual allocation a family can be refreshed or deleted alone (§8.2).
allocation::outcome allocation::refresh(base::time_point now, const request& r) {
  auto meant = [&](const lease& l) { return !r.family || family_of(l.ip) == *r.family; };
  if (std::none_of(leases_.begin(), leases_.end(), meant))
    return refuse(error::peer_address_family_mismatch);
  outcome out;
  if (r.lifetime == 0u) {
    out.answer.lifetime = 0;
    if (std::all_of(leases_.begin(), leases_.end(), meant)) {
      leases_.clear();
      out.ended = true;
    } else {
      drop_family(*r.family == family::ipv4);
      out.changed = true;
    }
    return out;
  }
  auto lifetime = lifetime_of(r);
  for (auto& l : leases_)
    if (meant(l))
      l.expires = now + lifetime;
  out.answer.lifetime = static_cast<std::uint32_t>(lifetime.count());
  out.changed = true;
  return out;
}

int allocation::refuse_family(const base::endpoint& peer) const noexcept {
  bool has = std::any_of(leases_.begin(), leases_.end(),
                         [&](const auto& l) { return l.ip.is_v4() == peer.ip.is_v4(); });
  return has ? 0 : error::peer_address_family_mismatch;
}

// All or nothing (§10.2): every peer is looked at before the first is permitted.
allocation::outcome allocation::create_permission(base::time_point now, const request& r) {
  for (const auto& peer : r.peers) {
    if (auto code = refuse_family(peer))
      return refuse(code);
    // A permission is for the address alone (§9); some clients leave the port out.
    if (!plan_.is_ours(peer.ip) || (peer.port != 0 && !plan_.may_be_peer(peer)))
      return refuse(error::forbidden);
  }
  sweep(now);
  for (const auto& peer : r.peers)
    permit(peer.ip, now + permission_lifetime); // at most one for each address of the plan
  outcome out;
  out.changed = true;
  return out;
}

void allocation::permit(const base::ip_address& peer, base::time_point until) {
  auto& all = routes_.permissions;
  auto i = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.peer == peer; });
  if (i == all.end())
    i = all.insert(all.end(), {peer, {}});
  i->expires = std::max(i->expires, until);
}

allocation::outcome allocation::bind_channel(base::time_point now, const request& r) {
  const auto& peer = r.peers.front();
  if (auto code = refuse_family(peer))
    return refuse(code);
  if (!plan_.may_be_peer(peer))
    return refuse(error::forbidden);
  sweep(now);
  auto& all = routes_.channels;
  for (const auto& c : all)
    if ((c.number == r.channel) != (c.peer == peer))
      return refuse(error::bad_request); // one channel one peer, both ways (§12.2)
  auto i = std::lower_bound(all.begin(), all.end(), r.channel,
                            [](const auto& c, std::uint16_t n) { return c.number < n; });
  if (i == all.end() || i->number != r.channel) {
    if (all.size() >= max_channels)
      return refuse(error::insufficient_capacity);
    i = all.insert(i, {r.channel, peer, {}});
  }
  i->expires = now + channel_lifetime;
  permit(peer.ip, i->expires);
  outcome out;
  out.changed = true;
  return out;
}

void allocation::sweep(base::time_point now) {
  std::erase_if(routes_.permissions, [&](const auto& p) { return now >= p.expires; });
  std::erase_if(routes_.channels, [&](const auto& c) { return now >= c.expires; });
}

route allocation::snapshot() {
  ++routes_.version;
  if (leases_.empty())
    return routes_;
  routes_.relayed.ip = leases_.front().ip;
  routes_.expires = std::max(leases_.front().expires, leases_.back().expires);
  routes_.second_family.reset();
  if (leases_.size() > 1)
    routes_.second_family = leases_.back().ip;
  return routes_;
}

} // namespace catchup::turn
