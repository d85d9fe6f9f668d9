#include "turn/allocation.hpp"

#include <algorithm>

namespace catchup::turn {

namespace {

constexpr std::uint32_t default_lifetime = 600;
constexpr std::uint32_t max_lifetime = 3600;

allocation::outcome refuse(int code) { return {{.error = code, .relayed = {}, .lifetime = {}}}; }

} // namespace

std::uint32_t granted_lifetime(std::optional<std::uint32_t> requested) noexcept {
  return std::clamp(requested.value_or(default_lifetime), default_lifetime, max_lifetime);
}

allocation::allocation(allocation_id id, address_plan plan, const base::endpoint& relayed,
                       const request& created, base::time_point now)
  : plan_(std::move(plan)), username_(created.username), created_by_(created.transaction),
    expires_(now + std::chrono::seconds{granted_lifetime(created.lifetime)}) {
  routes_.client = created.from;
  routes_.allocation = id;
  routes_.relayed = relayed;
  routes_.expires = expires_;
}

allocation::outcome allocation::handle(base::time_point now, const request& r) {
  if (expired(now))
    return refuse(error::allocation_mismatch);
  if (r.username != username_)
    return refuse(error::wrong_credentials);
  if (r.method == stun::method::allocate)
    return allocated(now, r);
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

// A retransmission gets the same success again, another request 437 (§7.2).
allocation::outcome allocation::allocated(base::time_point now, const request& r) const {
  if (r.transaction != created_by_)
    return refuse(error::allocation_mismatch);
  auto left = std::chrono::ceil<std::chrono::seconds>(expires_ - now);
  return {{.error = 0,
           .relayed = routes_.relayed,
           .lifetime = static_cast<std::uint32_t>(left.count())}};
}

allocation::outcome allocation::refresh(base::time_point now, const request& r) {
  if (r.family && (*r.family == family::ipv4) != routes_.relayed.ip.is_v4())
    return refuse(error::peer_address_family_mismatch);
  outcome out;
  if (r.lifetime == 0u) {
    expires_ = now;
    out.answer.lifetime = 0;
    out.ended = true;
    return out;
  }
  out.answer.lifetime = granted_lifetime(r.lifetime);
  expires_ = now + std::chrono::seconds{*out.answer.lifetime};
  out.changed = true;
  return out;
}

int allocation::refuse_family(const base::endpoint& peer) const noexcept {
  return peer.ip.is_v4() != routes_.relayed.ip.is_v4() ? error::peer_address_family_mismatch : 0;
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
    permit(now, peer.ip); // at most one for each address of the plan
  outcome out;
  out.changed = true;
  return out;
}

void allocation::permit(base::time_point now, const base::ip_address& peer) {
  auto& all = routes_.permissions;
  auto i = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.peer == peer; });
  if (i == all.end())
    i = all.insert(all.end(), {peer, {}});
  i->expires = now + permission_lifetime;
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
  permit(now, peer.ip);
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
  routes_.expires = expires_;
  return routes_;
}

} // namespace catchup::turn
