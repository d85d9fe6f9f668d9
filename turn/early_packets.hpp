#pragma once
// Keeps packets that arrive a moment before the receiver's permission. Two clients
// that start ICE at the same time permit each other at most one step of ICE apart; a
// hand-over inside this process is faster than that, and a lost first check costs 50 ms
// to a second.

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/time.hpp"
#include "turn/media_names.hpp"

#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace catchup::turn {

/// Bounded in packets, bytes and time. Asks for memory only when a packet is kept.
class early_packets {
public:
  static constexpr std::size_t max_packets_per_client = 4;
  static constexpr std::size_t max_bytes_per_client = 8 * 1024;
  static constexpr std::size_t max_packets = 1024;
  static constexpr std::size_t max_bytes = 512 * 1024;
  /// Two ICE agents are up to one step (Ta = 50 ms, RFC 8445 §14.2) apart, and late by
  /// what the scheduler of their machine adds.
  static constexpr std::chrono::milliseconds patience{100};

  struct packet {
    base::endpoint peer;    ///< relayed address of the sender
    base::endpoint relayed; ///< relayed address of the receiver
    base::buffer payload;
    base::time_point until;
  };

  bool empty() const noexcept { return packets_ == 0; }

  /// Copies a payload for `receiver`. Returns false when a limit is reached.
  bool add(base::time_point now, const five_tuple& receiver, const base::endpoint& peer,
           const base::endpoint& relayed, base::const_bytes payload);

  /// The receiver's permissions may have changed: its packets are worth a look.
  void wake(const five_tuple& receiver) {
    if (packets_ != 0 && by_client_.contains(receiver))
      woken_.push_back(receiver);
  }

  /// The oldest packet of a woken receiver, or null when no receiver is woken.
  const packet* next();
  /// Takes out the packet that `next` returned.
  packet take();
  /// Lets the receiver of the packet that `next` returned wait again.
  void sleep() { woken_.pop_back(); }

  /// Drops packets that waited for `patience`; returns their number.
  std::size_t expire(base::time_point now);

private:
  struct queue {
    std::deque<packet> packets;
    std::size_t bytes = 0;
  };

  packet pop(queue& q);

  std::unordered_map<five_tuple, queue> by_client_; // none of them empty
  std::vector<five_tuple> woken_;
  std::size_t packets_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace catchup::turn
