#pragma once
// The media thread's view of one allocation: a snapshot that its actor
// publishes after every change.

#include "base/time.hpp"
#include "turn/media_names.hpp"

#include <optional>
#include <vector>

namespace catchup::turn {

/// Allocations get rising numbers; a later one with the same 5-tuple wins.
using allocation_id = std::uint64_t;

struct permission {
  base::ip_address peer;
  base::time_point expires;
};

struct channel_binding {
  std::uint16_t number = 0;
  base::endpoint peer;
  base::time_point expires;
};

struct route {
  five_tuple client;
  allocation_id allocation = 0;
  std::uint64_t version = 0; // rises with every snapshot of an allocation
  base::endpoint relayed;
  /// A dual allocation has the same port at a second address, of the other family.
  std::optional<base::ip_address> second_family{};
  base::time_point expires;
  std::vector<permission> permissions;
  std::vector<channel_binding> channels; // by number

  /// Whether `address` is a relayed address of this allocation.
  bool has_address(const base::endpoint& address) const noexcept {
    return address.port == relayed.port &&
           (address.ip == relayed.ip || address.ip == second_family);
  }
  /// The relayed address of the peer's family: the source of packets to it.
  base::endpoint address_for(const base::ip_address& peer) const noexcept {
    return second_family && peer.is_v4() == second_family->is_v4()
               ? base::endpoint{*second_family, relayed.port}
               : relayed;
  }

  bool permits(base::time_point now, const base::ip_address& peer) const noexcept;
  /// Whether the allocation lives and permits the peer.
  bool reaches(base::time_point now, const base::ip_address& peer) const noexcept {
    return now < expires && permits(now, peer);
  }
  const channel_binding* by_number(base::time_point now, std::uint16_t number) const noexcept;
  const channel_binding* by_peer(base::time_point now, const base::endpoint& peer) const noexcept;
};

struct counters {
  std::uint64_t packets_from_client = 0;
  std::uint64_t bytes_from_client = 0;
  std::uint64_t packets_to_client = 0;
  std::uint64_t bytes_to_client = 0;
  std::uint64_t dropped = 0;

  bool operator==(const counters&) const = default;
};

/// Traffic of an allocation since the last report.
struct usage {
  five_tuple client;
  allocation_id allocation = 0;
  counters carried;
};

} // namespace catchup::turn
