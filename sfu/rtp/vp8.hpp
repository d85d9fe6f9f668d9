#pragma once
// The VP8 payload descriptor (RFC 7741 §4.2), which stays readable under
// end-to-end encryption, and the one bit of the payload that does too.

#include "base/bytes.hpp"

#include <cstdint>
#include <optional>

namespace catchup::sfu::rtp::vp8 {

struct descriptor {
  std::size_t size = 0;     // bytes before the VP8 payload, 1 to 6
  bool frame_start = false; // first packet of a frame: S set, partition 0
  bool key_frame = false;   // frame_start, and the P bit of the payload is 0
  bool non_reference = false;
  std::optional<std::uint16_t> picture_id; // 7 or 15 bits
  bool wide_picture_id = false;
  std::optional<std::uint8_t> tl0_index; // TL0PICIDX
  std::optional<std::uint8_t> temporal;  // TID, 0 to 3
  bool layer_sync = false;               // Y
  std::uint8_t key_index = 0;            // KEYIDX, 0 to 31
  bool has_key_index = false;
  std::uint8_t first = 0; // the first byte as received
};

/// Nothing when the descriptor does not fit or nothing follows it.
std::optional<descriptor> parse(base::const_bytes payload) noexcept;

/// Writes the descriptor `d` with other numbers and returns its size, or 0 when
/// it does not fit. A picture id becomes 15 bits wide, so that streams of
/// different senders' widths join; what `d` does not have is not added.
std::size_t write(base::bytes out, const descriptor& d, std::uint16_t picture_id,
                  std::uint8_t tl0_index) noexcept;

} // namespace catchup::sfu::rtp::vp8
