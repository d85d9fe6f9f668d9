#pragma once
// Builds the bytes that a hash, MAC or signature covers, piece by piece.

#include "base/bytes.hpp"

#include <cassert>

namespace catchup::e2ee {

/// Joins bytes; `lp` puts a piece behind its length, so that two different
/// lists of pieces never give the same bytes (docs/protocol.md, notation).
class transcript {
public:
  explicit transcript(std::string_view context) { text(context); }

  transcript& text(std::string_view in) { return raw(base::as_bytes(in)); }

  transcript& raw(base::const_bytes in) {
    out_.insert(out_.end(), in.begin(), in.end());
    return *this;
  }

  transcript& u8(std::uint8_t v) {
    out_.push_back(std::byte{v});
    return *this;
  }

  transcript& u16(std::uint16_t v) {
    u8(static_cast<std::uint8_t>(v >> 8));
    return u8(static_cast<std::uint8_t>(v & 0xff));
  }

  transcript& u64(std::uint64_t v) {
    for (int shift = 56; shift >= 0; shift -= 8)
      u8(static_cast<std::uint8_t>((v >> shift) & 0xff));
    return *this;
  }

  /// `in` must be shorter than 64 KiB: callers check what came from outside.
  transcript& lp(base::const_bytes in) {
    assert(in.size() <= 0xffff);
    u16(static_cast<std::uint16_t>(in.size()));
    return raw(in);
  }

  const base::buffer& bytes() const noexcept { return out_; }

private:
  base::buffer out_;
};

} // namespace catchup::e2ee
