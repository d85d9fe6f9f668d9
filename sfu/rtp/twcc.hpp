#pragma once
// Transport-wide congestion control feedback, "TWCC"
// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): which packets of a
// connection arrived when, by the sequence number in a header extension.

#include "base/bytes.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace catchup::sfu::rtp::twcc {

using microseconds = std::chrono::microseconds;

/// A packet that arrived: continuous number, time since any fixed moment.
struct arrival {
  std::int64_t sequence = 0;
  microseconds at{0};

  bool operator==(const arrival&) const = default;
};

/// At most so many sequence numbers in one feedback message, so that it fits a
/// datagram.
inline constexpr std::int64_t max_span = 400;

/// The FCI of one feedback message. `arrivals` ascend by sequence and begin at
/// `first` or later; numbers from there on that did not arrive count as lost. Takes
/// as many as fit (max_span numbers, steps of at most ±8 s) and says how many in
/// `taken`; times are rounded to 250 µs. `out` needs 1200 bytes. When more than
/// max_span numbers are missing at the front, the message begins later.
std::optional<base::const_bytes> write(base::bytes out, std::int64_t first,
                                       std::span<const arrival> arrivals,
                                       std::uint8_t feedback_number, std::size_t& taken);

/// One packet of a parsed message.
struct status {
  std::uint16_t sequence = 0;
  bool received = false;
  microseconds at{0}; // since the start of the sender's reference time, mod 2^24 * 64 ms
};

/// Packets of a feedback message in order of sequence; nothing when it is
/// malformed. At most `limit` packets.
std::optional<std::vector<status>> parse(base::const_bytes control, std::size_t limit = 4096);

} // namespace catchup::sfu::rtp::twcc
