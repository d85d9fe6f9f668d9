#pragma once
// Keeps the order of a client's own packets. A request travels to an actor and
// back; media that the client sends right behind it waits here until the decision
// has arrived. The actor stays the owner of the decision.

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "turn/media_names.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace catchup::turn {

/// Bounded in packets, bytes and time. Asks for memory only when a packet is held.
class held_packets {
public:
  static constexpr std::size_t max_packets_per_client = 32;
  static constexpr std::size_t max_bytes_per_client = 48 * 1024;
  static constexpr std::size_t max_packets = 4096;
  static constexpr std::size_t max_bytes = 1024 * 1024;
  /// The actor answers within a few milliseconds; later media is worthless.
  static constexpr std::chrono::milliseconds patience{300};

  struct packet {
    five_tuple from;
    base::buffer bytes;
    /// The number of the newest request of the client that was unanswered.
    std::uint64_t behind = 0;
    base::time_point until;
  };

  bool empty() const noexcept { return packets_ == 0; }
  bool any_of(const five_tuple& client) const { return by_client_.contains(client); }

  /// Copies a packet and puts it behind those of the same client. False when a
  /// limit is reached; then nothing is kept.
  bool add(base::time_point now, const five_tuple& from, base::const_bytes in,
           std::uint64_t behind);

  /// Something was decided for the client: its packets are worth a look.
  void wake(const five_tuple& client);
  /// Wakes every client whose oldest packet has waited for `patience`.
  void wake_late(base::time_point now);

  /// The oldest packet of a woken client, or null when no client is woken.
  const packet* next();
  /// Takes out the packet that `next` returned.
  packet take();
  /// Lets the client of the packet that `next` returned wait again.
  void sleep() { woken_.pop_back(); }

private:
  struct queue {
    std::deque<packet> packets;
    std::size_t bytes = 0;
  };

  std::unordered_map<five_tuple, queue> by_client_; // none of them empty
  std::vector<five_tuple> woken_;
  std::size_t packets_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace catchup::turn
