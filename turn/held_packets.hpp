#pragma once
// Keeps the order of a client's own packets. A request travels to an actor and
// back; media that the client sends right behind it waits here until the decision
// has arrived. The actor stays the owner of the decision.

#include "turn/packet_queues.hpp"

namespace catchup::turn {

struct held_packet {
  static constexpr std::size_t max_packets_per_client = 32;
  static constexpr std::size_t max_bytes_per_client = 48 * 1024;
  static constexpr std::size_t max_packets = 4096;
  static constexpr std::size_t max_bytes = 1024 * 1024;
  /// The actor answers within a few milliseconds; later media is worthless.
  static constexpr std::chrono::milliseconds patience{300};

  five_tuple from;
  /// The number of the newest request of the client that was unanswered.
  std::uint64_t behind = 0;
  base::buffer bytes{};
  base::time_point until{};
};

/// Queues of senders.
using held_packets = packet_queues<held_packet>;

} // namespace catchup::turn
