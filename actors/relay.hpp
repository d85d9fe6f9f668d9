#pragma once
// The actor that owns all allocations: who may have one, and which port it gets.

#include "actors/claims.hpp"
#include "actors/messages/turn.hpp"
#include "base/result.hpp"
#include "turn/address_plan.hpp"
#include "turn/relayed_addresses.hpp"
#include "turn/shell/command_sink.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace catchup::actors {

struct relay_config {
  turn::address_plan plan;
  std::size_t per_user = 16;            ///< allocations of one credential's user
  std::size_t per_source = 256;         ///< of one IPv4 address or IPv6 /64
  std::chrono::seconds idle{10};        ///< without a packet, before it may be replaced
  std::chrono::seconds unused{30};      ///< for a new one to carry its first packet
  std::size_t total = 10'000;           ///< at most 16,384: one port each
  std::chrono::seconds quarantine{120}; ///< before a port gets a new owner
  std::chrono::seconds grace{30};       ///< for a member whose actor crashed to come back
};

class relay_state {
public:
  static inline const char* name = "relay";

  explicit relay_state(relay_actor::pointer self) : self_(self) {}

  relay_actor::behavior_type init(relay_config config,
                                  std::shared_ptr<turn::shell::command_sink> media);

  /// The actor of a client's allocation, or nothing.
  caf::actor_addr find(const turn::five_tuple& client) const;

private:
  struct entry {
    allocation_actor handle;
    turn::allocation_id id = 0;
    std::uint16_t port = 0;
    std::string user;
    base::ip_address source;
    turn::counters counted;
    base::time_point heard; // a packet either way, or a request of its client
  };
  /// Allocations and reserved ports of one user.
  struct account {
    std::size_t held = 0;
    std::vector<turn::five_tuple> clients;
  };

  base::time_point now() const;
  void on_request(const msg::turn_request& m);
  void on_usage(const msg::turn_usage& m);
  void on_down(const caf::down_msg& dm);
  void on_membership(const msg::membership& m);
  void end_user(const std::string& user);
  void check_claims();
  void end_named(const msg::end_named& m);
  base::result<std::size_t, int> admit(const turn::request& r, const std::string& user);
  bool idle(const entry& e) const;
  std::vector<turn::five_tuple> idlest(const std::string& user, std::size_t n) const;
  void allocate(const msg::turn_request& m);
  void end_reservations();
  void replace(const turn::five_tuple& client);
  void forget(const turn::five_tuple& client);
  void answer(const turn::request& r, int error);
  void hold(const std::string& user, const base::ip_address& source);
  void release(const std::string& user, const base::ip_address& source);
  caf::result<msg::relay_status> status();

  relay_actor::pointer self_;
  relay_config config_;
  std::shared_ptr<turn::shell::command_sink> media_;
  std::optional<turn::relayed_addresses> addresses_;
  std::unordered_map<turn::five_tuple, entry> entries_;
  std::unordered_map<caf::actor_id, turn::five_tuple> by_actor_;
  std::unordered_map<std::string, account> of_user_;
  std::unordered_map<base::ip_address, std::size_t> of_source_;
  std::optional<claims> claims_;
  base::time_point armed_ = base::time_point::max(); // for claims
  turn::allocation_id last_id_ = 0;
  msg::relay_status totals_;
  base::time_point begun_;
  bool draining_ = false;
};

/// Hears of requests from `media` until it ends, and answers there. Its
/// allocations end with it.
relay_actor::behavior_type relay(relay_actor::stateful_pointer<relay_state> self,
                                 relay_config config,
                                 std::shared_ptr<turn::shell::command_sink> media);

/// Spawns a relay below `parent`. The two end together: without a relay there
/// is no service, without the parent nobody watches the relay.
relay_actor spawn_relay(caf::local_actor& parent, relay_config config,
                        std::shared_ptr<turn::shell::command_sink> media);

} // namespace catchup::actors
