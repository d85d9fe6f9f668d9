#pragma once
// A media thread's own table of allocations. Actors change it with snapshots; no other
// thread reads it, so it needs no lock.

#include "media/rate.hpp"
#include "turn/address_plan.hpp"
#include "turn/recent_peers.hpp"
#include "turn/route.hpp"

#include <deque>
#include <vector>

namespace catchup::turn {

/// Flat, open addressing with linear probing. Memory is taken when a route is
/// installed, never when one is looked up or counted.
class forwarding_table {
public:
  struct entry {
    turn::route route;
    turn::counters counters;     // since `take_usage`
    bool counted = false;        // see `count`
    media::flow_meter sent;      // by the client
    media::flow_meter received;  // for the client, from those it sends to
    media::flow_meter uninvited; // for the client, from others
    media::event_meter asked;    // requests of the client
    media::event_meter answered; // in its name without a login, perhaps forged
    recent_peers recent;
  };

  forwarding_table();

  /// Ignores a snapshot that is older than the installed one, so it may be repeated or late.
  void install(route r);
  /// Removes that allocation; another one with the same 5-tuple stays.
  void remove(const five_tuple& client, allocation_id allocation);

  entry* by_client(const five_tuple& client) noexcept;
  const entry* by_client(const five_tuple& client) const noexcept;
  entry* by_relayed(const base::endpoint& relayed) noexcept;

  /// The counters of an entry, which are about to change.
  counters& count(entry& e) noexcept {
    if (!e.counted) {
      e.counted = true;
      changed_.push_back(&e); // there is room: see `install`
    }
    return e.counters;
  }

  /// Usage since the last call of the allocations that carried something.
  std::vector<usage> take_usage();

  /// Drops routes that expired a while ago. Normally their actor removes them; this is for an
  /// actor that could not.
  void sweep(base::time_point now);

  std::size_t size() const noexcept { return size_; }

private:
  struct slot {
    std::uint32_t hash = 0;
    std::uint32_t entry = 0; // counted from 1; 0: free
  };

  std::size_t find(const five_tuple& client) const noexcept;
  entry& add(const five_tuple& client);
  void place(std::uint32_t hash, std::uint32_t number) noexcept;
  void grow();
  void erase(std::size_t at) noexcept;
  void unlink(const entry& e) noexcept;

  std::vector<slot> slots_;           // a power of two, at most half of them taken
  std::deque<entry> entries_;         // never move
  std::vector<std::uint32_t> unused_; // of `entries_`
  std::size_t size_ = 0;
  std::vector<entry*> changed_;
  std::vector<entry*> by_port_;  // relayed ports are unique over all addresses
  mutable std::size_t last_ = 0; // the slot found last: media comes in trains
};

} // namespace catchup::turn
