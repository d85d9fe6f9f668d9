#pragma once
// The actor that owns all allocations: it decides about quotas and relayed ports.

#include "actors/allocation.hpp"
#include "media/port_counters.hpp"
#include "turn/address_plan.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

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
  /// Counters of the port that clients come by, for the status; may be null.
  std::shared_ptr<const media::port_counters> port{};
  /// Makes an allocation; tests watch it.
  std::function<allocation_actor(const relay_actor::pointer& relay, turn::allocation,
                                 std::shared_ptr<turn::shell::command_sink>)>
      make_allocation = spawn_allocation;
};

/// Spawns a relay, which takes requests from `media` until it ends, and answers there. Its
/// allocations end with it. `parent` links it to itself: without a relay there is no service,
/// without the parent nobody watches the relay.
relay_actor spawn_relay(caf::local_actor& parent, relay_config config,
                        std::shared_ptr<turn::shell::command_sink> media);

} // namespace catchup::actors
