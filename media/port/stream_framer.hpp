#pragma once
// Cuts a TCP byte stream into frames, whatever the segments were. Two ways to do so
// share the port, and the first bytes of the client tell which one it uses.

#include "base/bytes.hpp"

#include <cstdint>
#include <optional>

namespace catchup::media::port {

/// How the frames of a connection are told apart, in both directions.
enum class framing : std::uint8_t {
  undecided,
  /// STUN and ChannelData have a length of their own (RFC 8656 §3.1, §12.5).
  turn,
  /// Two bytes of length stand before each packet (RFC 4571 §2). ICE over TCP does
  /// so, and begins with a check, which is a Binding request (RFC 6544 §10.1).
  length_prefixed,
};

/// Length of a packet, before it, with `framing::length_prefixed`.
inline constexpr std::size_t frame_length_size = 2;

/// Usage: `feed(segment)`, then `next()` until it is empty. Frames that lie whole
/// in a segment are not copied; only a frame's torn beginning is kept.
class stream_framer {
public:
  /// Frames of more than `limit` bytes end the stream; that also bounds memory.
  explicit stream_framer(std::size_t limit) noexcept : limit_(limit) {}

  void set_limit(std::size_t limit) noexcept { limit_ = limit; }

  /// `segment` must outlive the calls of `next()` that follow. What an earlier
  /// segment left unread is lost, so call `next()` until it is empty first.
  void feed(base::const_bytes segment) noexcept { segment_ = segment; }

  /// The next frame without length and padding, valid until the next call. Never
  /// empty: RFC 4571 frames of no bytes are skipped.
  std::optional<base::const_bytes> next();

  /// Decided with the first 10 bytes at the latest.
  port::framing framing() const noexcept { return framing_; }

  /// The stream has none of the known forms or a frame is too long: close it.
  bool broken() const noexcept { return broken_; }

  /// A frame has begun and not ended.
  bool in_frame() const noexcept { return !torn_.empty(); }

private:
  struct extent {
    std::size_t head = 0;    // before the frame
    std::size_t frame = 0;   // what the frame has
    std::size_t on_wire = 0; // with head and padding
  };

  bool decide();
  void look_at(base::const_bytes front) noexcept;
  std::optional<base::const_bytes> cut();
  std::size_t prefix() const noexcept;
  std::size_t prefix_of(base::const_bytes front) const noexcept;
  std::optional<extent> measure(base::const_bytes front) noexcept;
  bool top_up(std::size_t wanted);

  base::const_bytes segment_;
  base::buffer torn_;
  std::size_t limit_;
  port::framing framing_ = framing::undecided;
  bool handed_out_ = false; // `torn_` was the frame returned last
  bool broken_ = false;
};

} // namespace catchup::media::port
