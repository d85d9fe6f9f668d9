#pragma once
// The numbers of one outgoing stream: continuous although the packets come from
// layers with numbers of their own, and although some are dropped (RFC 7667 §3.7).

#include "sfu/forward/uplink.hpp"

#include <array>
#include <optional>

namespace catchup::sfu::forward {

/// Numbers that replace the publisher's in a packet.
struct numbers {
  std::int64_t sequence = 0; // the wire has the lower 16 bits
  std::uint32_t timestamp = 0;
  std::uint16_t picture_id = 0; // 15 bits
  std::uint8_t tl0_index = 0;
};

class rewriter {
public:
  /// How many drops back a late packet still gets its number.
  static constexpr std::size_t max_drops = 64;

  /// `first` should be below 32768, so that receivers count rollovers right.
  rewriter(std::uint16_t first, std::uint32_t timestamp) noexcept
    : last_sequence_(first - 1), last_timestamp_(timestamp) {}

  /// From this packet on packets come from another source. It gets the number after
  /// the last one, or the one after that when the last frame was cut off; and the
  /// time `timestamp`, which is made later than the last one.
  void start(const incoming& first, std::uint32_t timestamp) noexcept;

  /// Numbers for a packet of the current source; nothing when it is from before the
  /// start or too old.
  std::optional<numbers> next(const incoming& in) noexcept;

  /// The packet is not sent: later ones close the gap. False when later ones were
  /// numbered already.
  bool drop(std::int64_t sequence) noexcept;

  bool begun() const noexcept { return begun_; }
  std::int64_t last_sequence() const noexcept { return last_sequence_; }
  std::uint32_t last_timestamp() const noexcept { return last_timestamp_; }
  /// The publisher's time of the newest packet.
  std::uint32_t last_source_timestamp() const noexcept { return last_source_timestamp_; }
  /// Offset to subtract from the publisher's times.
  std::uint32_t timestamp_offset() const noexcept { return timestamp_offset_; }

private:
  struct shift {
    std::int64_t from;   // publisher's numbers from here on
    std::int64_t offset; // minus this
  };

  void push(shift s) noexcept;

  std::array<shift, max_drops> shifts_{};
  std::size_t shift_count_ = 0; // ever pushed since the start
  bool begun_ = false;
  bool frame_ended_ = true;
  std::int64_t highest_source_ = 0;
  std::int64_t last_sequence_;
  std::uint32_t last_timestamp_;
  std::uint32_t last_source_timestamp_ = 0;
  std::uint32_t timestamp_offset_ = 0;
  std::uint16_t last_picture_ = 0;
  std::uint16_t picture_offset_ = 0;
  std::uint8_t last_tl0_ = 0;
  std::uint8_t tl0_offset_ = 0;
};

} // namespace catchup::sfu::forward
