#pragma once
// Keeps packets that arrive a moment before the receiver's permission. Two clients
// that start ICE at the same time permit each other at most one step of ICE apart; a
// hand-over inside this process is faster than that, and a lost first check costs 50 ms
// to a second.

#include "turn/packet_queues.hpp"

namespace catchup::turn {

struct early_packet {
  static constexpr std::size_t max_packets_per_client = 4;
  static constexpr std::size_t max_bytes_per_client = 8 * 1024;
  static constexpr std::size_t max_packets = 1024;
  static constexpr std::size_t max_bytes = 512 * 1024;
  /// Two ICE agents are up to one step (Ta = 50 ms, RFC 8445 §14.2) apart, and late by
  /// what the scheduler of their machine adds.
  static constexpr std::chrono::milliseconds patience{100};

  base::endpoint peer;    ///< relayed address of the sender
  base::endpoint relayed; ///< relayed address of the receiver
  base::buffer bytes{};   ///< the payload
  base::time_point until{};
};

/// Queues of receivers.
using early_packets = packet_queues<early_packet>;

} // namespace catchup::turn
