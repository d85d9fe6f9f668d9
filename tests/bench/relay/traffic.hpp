#pragma once
// Packets that tell at the other end whether they arrived as they were sent.

#include "clients.hpp"

#include <atomic>

namespace catchup::bench {

/// Payloads begin with a time, a flow and a number; the rest follows from those.
inline constexpr std::size_t least_payload = 16;

struct shape {
  std::size_t payload = 1200;
  std::size_t burst = 1; // packets of one flow in a row
  bool channels = true;  // ChannelData, otherwise Send indications
  bool tcp = false;      // frames are padded
  bool trains = false;   // a burst is one buffer for UDP_SEGMENT
};

class sender {
public:
  sender(const client_set& clients, const shape& s);

  /// The next packets: at most `most` bursts of flows in turn. Valid until the next call.
  const std::vector<piece>& next(std::size_t most);

  std::size_t frame_size() const noexcept { return frame_; }

private:
  void fill(std::byte* at, std::size_t flow, std::uint64_t t);

  const client_set& clients_;
  shape shape_;
  std::size_t header_;
  std::size_t frame_;
  std::vector<base::buffer> headers_; // by flow
  std::vector<std::uint32_t> numbers_;
  base::buffer space_;
  std::vector<piece> out_;
  std::size_t flow_ = 0;
};

class receiver {
public:
  receiver(std::size_t clients, const shape& s);

  void take(std::size_t client, base::const_bytes frame);

  std::uint64_t received() const noexcept { return received_.load(std::memory_order_relaxed); }
  std::uint64_t wrong() const noexcept { return wrong_; }
  std::uint64_t reordered() const noexcept { return reordered_; }
  /// Microseconds that a part `q` of all packets needed at most.
  double latency(double q);

private:
  bool right(std::size_t client, base::const_bytes payload);

  shape shape_;
  std::vector<std::uint32_t> last_;
  std::vector<std::uint32_t> latencies_; // nanoseconds, of one packet in sixteen
  std::atomic<std::uint64_t> received_{0};
  std::uint64_t wrong_ = 0;
  std::uint64_t reordered_ = 0;
};

} // namespace catchup::bench
