#include "actors/relay_table.hpp"

#include <algorithm>

namespace catchup::actors {

namespace {

bool carried_any(const turn::counters& c) {
  return c.packets_from_client + c.packets_to_client + c.dropped > 0;
}

} // namespace

void relay_table::add(const turn::five_tuple& client, entry e) {
  users_[e.user].clients.push_back(client);
  by_actor_.emplace(e.handle->id(), client);
  entries_.emplace(client, std::move(e));
}

std::optional<relay_table::entry> relay_table::remove(const turn::five_tuple& client) {
  auto i = entries_.find(client);
  if (i == entries_.end())
    return std::nullopt;
  auto out = std::move(i->second);
  by_actor_.erase(out.handle->id());
  entries_.erase(i);
  std::erase(users_[out.user].clients, client);
  release(out.user, out.source);
  return out;
}

relay_table::entry* relay_table::find(const turn::five_tuple& client) {
  auto i = entries_.find(client);
  return i == entries_.end() ? nullptr : &i->second;
}

std::optional<turn::five_tuple> relay_table::client_of(caf::actor_id allocation) const {
  auto i = by_actor_.find(allocation);
  return i == by_actor_.end() ? std::nullopt : std::optional{i->second};
}

void relay_table::hold(const std::string& user, const base::ip_address& source) {
  ++users_[user].held;
  ++sources_[source];
}

void relay_table::release(const std::string& user, const base::ip_address& source) {
  if (auto i = users_.find(user); i != users_.end() && --i->second.held == 0)
    users_.erase(i);
  if (auto i = sources_.find(source); i != sources_.end() && --i->second == 0)
    sources_.erase(i);
}

std::size_t relay_table::held_by(const std::string& user) const {
  auto i = users_.find(user);
  return i == users_.end() ? 0 : i->second.held;
}

std::size_t relay_table::held_from(const base::ip_address& source) const {
  auto i = sources_.find(source);
  return i == sources_.end() ? 0 : i->second;
}

// ICE asks for consent every five seconds (RFC 7675 §5.1): an allocation that carries nothing
// for longer has no live connection.
bool relay_table::idle(base::time_point now, const entry& e) const {
  return now >= e.heard + (carried_any(e.counted) ? idle_ : unused_);
}

std::vector<turn::five_tuple> relay_table::idlest(base::time_point now, const std::string& user,
                                                  std::size_t n) const {
  std::vector<turn::five_tuple> out;
  auto i = users_.find(user);
  if (n == 0 || user.empty() || i == users_.end())
    return out;
  for (const auto& client : i->second.clients)
    if (idle(now, entries_.at(client)))
      out.push_back(client);
  std::stable_sort(out.begin(), out.end(), [&](const auto& a, const auto& b) {
    return entries_.at(a).heard < entries_.at(b).heard;
  });
  out.resize(std::min(n, out.size()));
  return out;
}

} // namespace catchup::actors
