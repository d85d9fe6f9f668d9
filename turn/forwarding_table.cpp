#include "turn/forwarding_table.hpp"

#include <cstring>

namespace catchup::turn {

namespace {

constexpr std::size_t first_slots = 64;
constexpr std::size_t nowhere = ~std::size_t{0};

std::uint64_t word(const std::uint8_t* at) noexcept {
  std::uint64_t out = 0;
  std::memcpy(&out, at, sizeof out);
  return out;
}

// All of the client's address, since everything else is nearly always the same.
std::uint32_t hash_of(const five_tuple& t) noexcept {
  const auto* ip = t.client.ip.octets().data();
  auto h = word(ip) * 0x9e3779b97f4a7c15ULL;
  h = (h ^ (h >> 32) ^ word(ip + 8)) * 0xff51afd7ed558ccdULL;
  h = (h ^ (h >> 32) ^ t.client.port ^ (t.connection << 16)) * 0xc4ceb9fe1a85ec53ULL;
  return static_cast<std::uint32_t>(h >> 32);
}

} // namespace

forwarding_table::forwarding_table() : slots_(first_slots), by_port_(relayed_ports) {}

std::size_t forwarding_table::find(const five_tuple& client) const noexcept {
  if (auto n = slots_[last_].entry; n != 0 && entries_[n - 1].route.client == client)
    return last_;
  auto hash = hash_of(client);
  auto mask = slots_.size() - 1;
  for (auto i = hash & mask;; i = (i + 1) & mask) {
    const auto& s = slots_[i];
    if (s.entry == 0)
      return nowhere;
    if (s.hash == hash && entries_[s.entry - 1].route.client == client) {
      last_ = i;
      return i;
    }
  }
}

void forwarding_table::place(std::uint32_t hash, std::uint32_t number) noexcept {
  auto mask = slots_.size() - 1;
  auto i = hash & mask;
  while (slots_[i].entry != 0)
    i = (i + 1) & mask;
  slots_[i] = {hash, number};
}

void forwarding_table::grow() {
  std::vector<slot> before(slots_.size() * 2);
  before.swap(slots_);
  last_ = 0;
  for (const auto& s : before)
    if (s.entry != 0)
      place(s.hash, s.entry);
}

forwarding_table::entry& forwarding_table::add(const five_tuple& client) {
  if ((size_ + 1) * 2 > slots_.size())
    grow();
  if (unused_.empty()) {
    entries_.emplace_back();
    unused_.push_back(static_cast<std::uint32_t>(entries_.size()));
    if (changed_.capacity() < entries_.size())
      changed_.reserve(2 * entries_.size());
  }
  auto number = unused_.back();
  unused_.pop_back();
  place(hash_of(client), number);
  ++size_;
  auto& e = entries_[number - 1];
  e = {};
  e.route.client = client;
  return e;
}

// Linear probing without tombstones: entries that this one displaced move up.
void forwarding_table::erase(std::size_t at) noexcept {
  auto& gone = entries_[slots_[at].entry - 1];
  unlink(gone);
  if (gone.counted)
    std::erase(changed_, &gone);
  gone = {};
  unused_.push_back(slots_[at].entry);
  --size_;
  auto mask = slots_.size() - 1;
  for (auto i = (at + 1) & mask; slots_[i].entry != 0; i = (i + 1) & mask)
    if (((i - slots_[i].hash) & mask) >= ((i - at) & mask)) {
      slots_[at] = slots_[i];
      at = i;
    }
  slots_[at] = {};
}

void forwarding_table::install(route r) {
  if (r.relayed.port < first_relayed_port)
    return;
  auto at = find(r.client);
  auto& e = at != nowhere ? entries_[slots_[at].entry - 1] : add(r.client);
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
  auto at = find(client);
  if (at != nowhere && entries_[slots_[at].entry - 1].route.allocation == allocation)
    erase(at);
}

void forwarding_table::unlink(const entry& e) noexcept {
  if (e.route.relayed.port < first_relayed_port)
    return;
  auto& owner = by_port_[e.route.relayed.port - first_relayed_port];
  if (owner == &e)
    owner = nullptr;
}

forwarding_table::entry* forwarding_table::by_client(const five_tuple& client) noexcept {
  auto at = find(client);
  return at != nowhere ? &entries_[slots_[at].entry - 1] : nullptr;
}

const forwarding_table::entry*
forwarding_table::by_client(const five_tuple& client) const noexcept {
  auto at = find(client);
  return at != nowhere ? &entries_[slots_[at].entry - 1] : nullptr;
}

forwarding_table::entry* forwarding_table::by_relayed(const base::endpoint& relayed) noexcept {
  if (relayed.port < first_relayed_port)
    return nullptr;
  auto* e = by_port_[relayed.port - first_relayed_port];
  return e != nullptr && e->route.has_address(relayed) ? e : nullptr;
}

void forwarding_table::sweep(base::time_point now) {
  constexpr std::chrono::seconds grace{10};
  for (std::size_t i = 0; i < slots_.size();)
    if (slots_[i].entry != 0 && entries_[slots_[i].entry - 1].route.expires + grace <= now)
      erase(i); // another may have moved here: look again
    else
      ++i;
}

std::vector<usage> forwarding_table::take_usage() {
  std::vector<usage> out;
  out.reserve(changed_.size());
  for (auto* e : changed_) {
    out.push_back({e->route.client, e->route.allocation, e->counters});
    e->counters = {};
    e->counted = false;
  }
  changed_.clear();
  return out;
}

} // namespace catchup::turn
