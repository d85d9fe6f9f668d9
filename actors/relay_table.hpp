#pragma once
// The allocations of a relay, counted by user and by source.

#include "actors/messages/turn.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace catchup::actors {

class relay_table {
public:
  struct entry {
    allocation_actor handle;
    turn::allocation_id id = 0;
    std::uint16_t port = 0;
    std::string user;
    base::ip_address source;
    turn::counters counted;
    base::time_point heard; ///< last packet either way, or last request of the client
  };

  /// An allocation is idle after `idle` without a packet, a new one after `unused`.
  relay_table(base::duration idle, base::duration unused) : idle_(idle), unused_(unused) {}

  /// `client` is not in the table.
  void add(const turn::five_tuple& client, entry e);
  /// Removes and returns an entry; nothing for an unknown client.
  std::optional<entry> remove(const turn::five_tuple& client);

  /// Null for an unknown client; valid until the next add or remove.
  entry* find(const turn::five_tuple& client);
  std::optional<turn::five_tuple> client_of(caf::actor_id allocation) const;
  const std::unordered_map<turn::five_tuple, entry>& all() const noexcept { return entries_; }
  std::size_t size() const noexcept { return entries_.size(); }

  /// Counts a port for a user and a source: that of an allocation or a reserved one.
  void hold(const std::string& user, const base::ip_address& source);
  void release(const std::string& user, const base::ip_address& source);
  std::size_t held_by(const std::string& user) const;
  std::size_t held_from(const base::ip_address& source) const;
  bool has_user(const std::string& user) const { return users_.contains(user); }

  /// At most `n` idle allocations of a user, the longest idle first. None for the empty user:
  /// clients without a name may be different people.
  std::vector<turn::five_tuple> idlest(base::time_point now, const std::string& user,
                                       std::size_t n) const;

private:
  struct account {
    std::size_t held = 0;
    std::vector<turn::five_tuple> clients;
  };
  bool idle(base::time_point now, const entry& e) const;

  base::duration idle_, unused_;
  std::unordered_map<turn::five_tuple, entry> entries_;
  std::unordered_map<caf::actor_id, turn::five_tuple> by_actor_;
  std::unordered_map<std::string, account> users_;
  std::unordered_map<base::ip_address, std::size_t> sources_;
};

} // namespace catchup::actors
