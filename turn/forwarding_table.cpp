#include "turn/forwarding_table.hpp"

namespace catchup::turn {

forwarding_table::forwarding_table() : by_port_(relayed_ports) {}

void forwarding_table::install(route r) {
  if (r.relayed.port < first_relayed_port)
    return;
  auto& e = entries_.try_emplace(r.client).first->second;
  if (e.route.allocation > r.allocation ||
      (e.route.allocation == r.allocation && e.route.version >= r.version))
    return;
  if (e.route.allocation != r.allocation) {
    unlink(e);
    e.counters = {};
  }
  e.route = std::move(r);
  by_port_[e.route.relayed.port - first_relayed_port] = &e;
}

void forwarding_table::remove(const five_tuple& client, allocation_id allocation) {
  auto i = entries_.find(client);
  if (i == entries_.end() || i->second.route.allocation != allocation)
    return;
  unlink(i->second);
  entries_.erase(i);
}

void forwarding_table::unlink(const entry& e) noexcept {
  if (e.route.relayed.port < first_relayed_port)
    return;
  auto& slot = by_port_[e.route.relayed.port - first_relayed_port];
  if (slot == &e)
    slot = nullptr;
}

forwarding_table::entry* forwarding_table::by_client(const five_tuple& client) noexcept {
  auto i = entries_.find(client);
  return i != entries_.end() ? &i->second : nullptr;
}

const forwarding_table::entry*
forwarding_table::by_client(const five_tuple& client) const noexcept {
  auto i = entries_.find(client);
  return i != entries_.end() ? &i->second : nullptr;
}

forwarding_table::entry* forwarding_table::by_relayed(const base::endpoint& relayed) noexcept {
  if (relayed.port < first_relayed_port)
    return nullptr;
  auto* e = by_port_[relayed.port - first_relayed_port];
  return e != nullptr && e->route.owns(relayed) ? e : nullptr;
}

void forwarding_table::sweep(base::time_point now) {
  constexpr std::chrono::seconds grace{10};
  for (auto i = entries_.begin(); i != entries_.end();) {
    if (i->second.route.expires + grace > now) {
      ++i;
      continue;
    }
    unlink(i->second);
    i = entries_.erase(i);
  }
}

std::vector<usage> forwarding_table::take_usage() {
  std::vector<usage> out;
  for (auto& [client, e] : entries_)
    if (e.counted) {
      out.push_back({client, e.route.allocation, e.counters});
      e.counted = false;
    }
  return out;
}

} // namespace catchup::turn
