#include "turn/tcp_framing.hpp"

#include "turn/channel_data.hpp"
#include "turn/media_names.hpp"

#include <algorithm>

namespace catchup::turn {

namespace {

// Type or channel, then length: enough to know where a frame ends.
constexpr std::size_t prefix_size = 4;
// With the magic cookie: enough to know that it is STUN at all.
constexpr std::size_t stun_prefix_size = 8;

bool looks_like_stun(base::const_bytes front) noexcept {
  return (std::to_integer<unsigned>(front.front()) & 0xc0) == 0;
}

} // namespace

std::optional<tcp_framer::extent> tcp_framer::measure(base::const_bytes front) noexcept {
  base::reader in{front};
  auto type = in.u16();
  std::size_t length = in.u16();
  extent out;
  if (looks_like_stun(front) && length % 4 == 0 &&
      (front.size() < stun_prefix_size || in.u32() == stun::magic_cookie))
    out = {stun::header_size + length, stun::header_size + length};
  else if (is_channel(type))
    out = {channel_header_size + length, channel_header_size + stun::padded(length)};
  else
    broken_ = true;
  if (out.on_wire > limit_)
    broken_ = true;
  return broken_ ? std::nullopt : std::optional{out};
}

// Moves bytes from the segment until `torn_` has `wanted`.
bool tcp_framer::top_up(std::size_t wanted) {
  if (torn_.size() < wanted) {
    auto n = std::min(wanted - torn_.size(), segment_.size());
    torn_.insert(torn_.end(), segment_.begin(), segment_.begin() + static_cast<std::ptrdiff_t>(n));
    segment_ = segment_.subspan(n);
  }
  return torn_.size() >= wanted;
}

std::optional<base::const_bytes> tcp_framer::next() {
  if (handed_out_) {
    torn_.clear();
    handed_out_ = false;
  }
  if (broken_)
    return std::nullopt;

  if (torn_.empty() && segment_.size() >= prefix_size) {
    auto size = measure(segment_);
    if (!size)
      return std::nullopt;
    if (segment_.size() >= size->on_wire) {
      auto frame = segment_.first(size->frame);
      segment_ = segment_.subspan(size->on_wire);
      return frame;
    }
  }

  if (torn_.empty() && segment_.empty())
    return std::nullopt;
  if (!top_up(prefix_size))
    return std::nullopt;
  if (!measure(torn_) || (looks_like_stun(torn_) && !top_up(stun_prefix_size)))
    return std::nullopt;
  auto size = measure(torn_);
  if (!size || !top_up(size->on_wire))
    return std::nullopt;
  handed_out_ = true;
  return base::const_bytes{torn_}.first(size->frame);
}

} // namespace catchup::turn
