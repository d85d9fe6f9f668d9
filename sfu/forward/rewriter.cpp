#include "sfu/forward/rewriter.hpp"

#include "sfu/rtp/sequence.hpp"

#include <algorithm>

namespace catchup::sfu::forward {

void rewriter::push(shift s) noexcept { shifts_[shift_count_++ % max_drops] = s; }

void rewriter::start(const incoming& first, std::uint32_t timestamp) noexcept {
  if (begun_ && !rtp::newer(timestamp, last_timestamp_))
    timestamp = last_timestamp_ + 1;
  auto next = last_sequence_ + (begun_ && !frame_ended_ ? 2 : 1);
  shift_count_ = 0;
  push({first.sequence, first.sequence - next});
  highest_source_ = first.sequence - 1;
  timestamp_offset_ = first.packet->header.timestamp - timestamp;
  if (first.vp8) {
    picture_offset_ =
        static_cast<std::uint16_t>(first.vp8->picture_id.value_or(0) - last_picture_ - 1);
    tl0_offset_ = static_cast<std::uint8_t>(first.vp8->tl0_index.value_or(0) - last_tl0_ - 1);
  }
  begun_ = true;
}

std::optional<numbers> rewriter::next(const incoming& in) noexcept {
  auto known = std::min(shift_count_, max_drops);
  std::optional<std::int64_t> offset;
  for (std::size_t i = 0; i < known && !offset; ++i) {
    auto& s = shifts_[(shift_count_ - 1 - i) % max_drops];
    if (s.from <= in.sequence)
      offset = s.offset;
  }
  if (!offset)
    return std::nullopt;
  numbers n;
  n.sequence = in.sequence - *offset;
  n.timestamp = in.packet->header.timestamp - timestamp_offset_;
  if (in.vp8) {
    n.picture_id =
        static_cast<std::uint16_t>((in.vp8->picture_id.value_or(0) - picture_offset_) & 0x7fff);
    n.tl0_index = static_cast<std::uint8_t>(in.vp8->tl0_index.value_or(0) - tl0_offset_);
  }
  if (in.sequence > highest_source_) {
    highest_source_ = in.sequence;
    last_sequence_ = n.sequence;
    last_timestamp_ = n.timestamp;
    last_source_timestamp_ = in.packet->header.timestamp;
    frame_ended_ = in.packet->header.marker;
    if (in.vp8) {
      last_picture_ = n.picture_id;
      last_tl0_ = n.tl0_index;
    }
  }
  return n;
}

bool rewriter::drop(std::int64_t sequence) noexcept {
  if (!begun_ || sequence <= highest_source_)
    return false;
  auto& newest = shifts_[(shift_count_ - 1) % max_drops];
  push({sequence + 1, newest.offset + 1});
  highest_source_ = sequence;
  return true;
}

} // namespace catchup::sfu::forward
