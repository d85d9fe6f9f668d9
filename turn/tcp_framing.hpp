#pragma once
// Cuts a TCP byte stream into STUN messages and ChannelData (RFC 8656 §3.1,
// §12.5), whatever the segments were.

#include "base/bytes.hpp"

#include <optional>

namespace catchup::turn {

/// Usage: `feed(segment)`, then `next()` until it is empty. Frames that lie whole
/// in a segment are not copied; only a frame's torn beginning is kept.
class tcp_framer {
public:
  /// Frames of more than `limit` bytes end the stream; that also bounds memory.
  explicit tcp_framer(std::size_t limit) noexcept : limit_(limit) {}

  void set_limit(std::size_t limit) noexcept { limit_ = limit; }

  /// `segment` must outlive the calls of `next()` that follow. What an earlier
  /// segment left unread is lost, so call `next()` until it is empty first.
  void feed(base::const_bytes segment) noexcept { segment_ = segment; }

  /// The next frame without its TCP padding, valid until the next call.
  std::optional<base::const_bytes> next();

  /// The stream is neither STUN nor ChannelData or a frame is too long: close it.
  bool broken() const noexcept { return broken_; }

  /// A frame has begun and not ended.
  bool in_frame() const noexcept { return !torn_.empty(); }

private:
  struct extent {
    std::size_t frame = 0;   // what the frame has
    std::size_t on_wire = 0; // with padding
  };

  std::optional<extent> measure(base::const_bytes front) noexcept;
  bool top_up(std::size_t wanted);

  base::const_bytes segment_;
  base::buffer torn_;
  std::size_t limit_;
  bool handed_out_ = false; // `torn_` was the frame returned last
  bool broken_ = false;
};

} // namespace catchup::turn
