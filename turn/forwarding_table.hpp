#pragma once
// The media thread's own table of allocations. Actors change it with snapshots;
// nobody else reads it, so it needs no lock.

#include "turn/address_plan.hpp"
#include "turn/rate.hpp"
#include "turn/route.hpp"

#include <unordered_map>
#include <vector>

namespace catchup::turn {

class forwarding_table {
public:
  struct entry {
    turn::route route;
    turn::counters counters;
    bool counted = false; // counters changed since `take_usage`
    flow_meter sent;      // by the client
    flow_meter received;  // for the client
  };

  forwarding_table();

  /// Ignores what is older than what is there, so it may be said twice or late.
  void install(route r);
  /// Removes that allocation; another one with the same 5-tuple stays.
  void remove(const five_tuple& client, allocation_id allocation);

  entry* by_client(const five_tuple& client) noexcept;
  const entry* by_client(const five_tuple& client) const noexcept;
  entry* by_relayed(const base::endpoint& relayed) noexcept;

  /// The entries that carried something since the last call.
  std::vector<usage> take_usage();

  /// Drops what expired a while ago. Its actor says so itself; this is for the
  /// case that it could not.
  void sweep(base::time_point now);

  std::size_t size() const noexcept { return entries_.size(); }

private:
  void unlink(const entry& e) noexcept;

  std::unordered_map<five_tuple, entry> entries_;
  std::vector<entry*> by_port_; // relayed ports are unique over all addresses
};

} // namespace catchup::turn
