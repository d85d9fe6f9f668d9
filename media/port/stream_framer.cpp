#include "media/port/stream_framer.hpp"

#include "media/stun/message.hpp"

#include <algorithm>

namespace catchup::media::port {

namespace {

// Type or channel, then length: enough to know where a frame of TURN ends.
constexpr std::size_t turn_prefix = 4;
// With the magic cookie: enough to know that it is STUN at all.
constexpr std::size_t stun_prefix = 8;
// The same behind a length of RFC 4571.
constexpr std::size_t decisive = frame_length_size + stun_prefix;
constexpr std::uint16_t binding_request = 0x0001;

// The first two bits tell STUN and ChannelData apart (RFC 8656 §12); all channel
// numbers of the latter pass here, and its handler knows which of them are none.
bool looks_like_stun(base::const_bytes front) noexcept {
  return (std::to_integer<unsigned>(front.front()) & 0xc0) == 0;
}
bool looks_like_channel_data(base::const_bytes front) noexcept {
  return (std::to_integer<unsigned>(front.front()) & 0xc0) == 0x40;
}

std::uint16_t u16_at(base::const_bytes front, std::size_t at) noexcept {
  return base::reader{front.subspan(at)}.u16();
}

/// Whether the bytes from `at` on, as far as they are there, are the magic cookie's.
bool may_be_cookie(base::const_bytes front, std::size_t at) noexcept {
  for (std::size_t i = at; i < std::min(front.size(), at + 4); ++i)
    if (std::to_integer<std::uint32_t>(front[i]) !=
        ((stun::magic_cookie >> (24 - 8 * (i - at))) & 0xff))
      return false;
  return true;
}

/// Whether the first bytes of a connection are of a kind, as far as they are there.
enum class match : std::uint8_t { no, so_far, yes };

match as_turn(base::const_bytes front, std::size_t limit) noexcept {
  if (looks_like_channel_data(front))
    return match::yes;
  if (!looks_like_stun(front))
    return match::no;
  if (front.size() >= turn_prefix &&
      (u16_at(front, 2) % 4 != 0 || stun::header_size + u16_at(front, 2) > limit))
    return match::no;
  if (!may_be_cookie(front, turn_prefix))
    return match::no;
  return front.size() >= stun_prefix ? match::yes : match::so_far;
}

match as_length_prefixed(base::const_bytes front, std::size_t limit) noexcept {
  auto length = std::to_integer<std::size_t>(front.front()) << 8;
  if (front.size() < frame_length_size)
    return length <= limit ? match::so_far : match::no;
  length = u16_at(front, 0);
  if (length < stun::header_size || length > limit)
    return match::no;
  auto message = front.subspan(frame_length_size);
  if (message.size() >= 2 && u16_at(message, 0) != binding_request)
    return match::no;
  if (message.size() >= 4 && u16_at(message, 2) + stun::header_size != length)
    return match::no;
  if (!may_be_cookie(message, 4))
    return match::no;
  return message.size() >= stun_prefix ? match::yes : match::so_far;
}

} // namespace

// At most one of the two can be sure: their cookies are at different places.
void stream_framer::look_at(base::const_bytes front) noexcept {
  auto turn = as_turn(front, limit_);
  auto prefixed = as_length_prefixed(front, limit_);
  if (turn == match::yes)
    framing_ = framing::turn;
  else if (prefixed == match::yes)
    framing_ = framing::length_prefixed;
  else if (turn == match::no && prefixed == match::no)
    broken_ = true;
}

bool stream_framer::decide() {
  if (torn_.empty() && segment_.empty())
    return false;
  if (torn_.empty())
    look_at(segment_);
  if (framing_ == framing::undecided && !broken_) {
    top_up(decisive);
    look_at(torn_);
  }
  return framing_ != framing::undecided;
}

std::size_t stream_framer::prefix() const noexcept {
  return framing_ == framing::length_prefixed ? frame_length_size : turn_prefix;
}

/// Bytes that a frame with this beginning needs before it can be measured for good.
std::size_t stream_framer::prefix_of(base::const_bytes front) const noexcept {
  return framing_ == framing::turn && looks_like_stun(front) ? stun_prefix : prefix();
}

std::optional<stream_framer::extent> stream_framer::measure(base::const_bytes front) noexcept {
  extent out;
  if (framing_ == framing::length_prefixed) {
    std::size_t length = u16_at(front, 0);
    out = {frame_length_size, length, frame_length_size + length};
  } else {
    std::size_t length = u16_at(front, 2);
    if (looks_like_channel_data(front))
      out = {0, turn_prefix + length, turn_prefix + stun::padded(length)};
    else if (looks_like_stun(front) && length % 4 == 0 && may_be_cookie(front, turn_prefix))
      out = {0, stun::header_size + length, stun::header_size + length};
    else
      broken_ = true;
  }
  if (out.on_wire - out.head > limit_)
    broken_ = true;
  return broken_ ? std::nullopt : std::optional{out};
}

// Moves bytes from the segment until `torn_` has `wanted`.
bool stream_framer::top_up(std::size_t wanted) {
  if (torn_.size() < wanted) {
    auto n = std::min(wanted - torn_.size(), segment_.size());
    torn_.insert(torn_.end(), segment_.begin(), segment_.begin() + static_cast<std::ptrdiff_t>(n));
    segment_ = segment_.subspan(n);
  }
  return torn_.size() >= wanted;
}

std::optional<base::const_bytes> stream_framer::next() {
  auto frame = cut();
  while (frame && frame->empty())
    frame = cut();
  return frame;
}

std::optional<base::const_bytes> stream_framer::cut() {
  if (handed_out_) {
    torn_.clear();
    handed_out_ = false;
  }
  if (broken_ || (framing_ == framing::undecided && !decide()))
    return std::nullopt;

  if (torn_.empty() && segment_.size() >= prefix()) {
    auto size = measure(segment_);
    if (!size)
      return std::nullopt;
    if (segment_.size() >= size->on_wire) {
      auto frame = segment_.subspan(size->head, size->frame);
      segment_ = segment_.subspan(size->on_wire);
      return frame;
    }
  }

  if (torn_.empty() && segment_.empty())
    return std::nullopt;
  if (!top_up(prefix()))
    return std::nullopt;
  bool measurable = top_up(prefix_of(torn_));
  auto size = measure(torn_); // finds a wrong cookie at its first wrong byte
  if (!size || !measurable || !top_up(size->on_wire))
    return std::nullopt;
  handed_out_ = true;
  return base::const_bytes{torn_}.subspan(size->head, size->frame);
}

} // namespace catchup::media::port
