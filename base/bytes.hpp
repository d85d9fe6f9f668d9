#pragma once
// Byte spans, and cursors over them that cannot overrun.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace catchup::base {

using bytes = std::span<std::byte>;
using const_bytes = std::span<const std::byte>;
using buffer = std::vector<std::byte>;

inline const_bytes as_bytes(std::string_view text) noexcept {
  return std::as_bytes(std::span{text.data(), text.size()});
}

inline std::string_view as_text(const_bytes in) noexcept {
  return {reinterpret_cast<const char*>(in.data()), in.size()};
}

inline buffer to_buffer(const_bytes in) { return {in.begin(), in.end()}; }

inline bool equal(const_bytes a, const_bytes b) noexcept {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

/// Reads big-endian fields front to back. Reading past the end yields zero and
/// makes `ok()` false for good, so a parser checks once, at the end.
class reader {
public:
  constexpr explicit reader(const_bytes in) noexcept : in_(in) {}

  constexpr std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(take(1)); }
  constexpr std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(take(2)); }
  constexpr std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(take(4)); }
  constexpr std::uint64_t u64() noexcept { return take(8); }

  /// The next `n` bytes, or nothing when fewer are left.
  constexpr const_bytes raw(std::size_t n) noexcept {
    if (n > in_.size()) {
      ok_ = false;
      in_ = {};
      return {};
    }
    auto out = in_.first(n);
    in_ = in_.subspan(n);
    return out;
  }

  constexpr const_bytes rest() const noexcept { return in_; }
  constexpr std::size_t left() const noexcept { return in_.size(); }
  constexpr bool ok() const noexcept { return ok_; }

private:
  constexpr std::uint64_t take(std::size_t n) noexcept {
    std::uint64_t v = 0;
    for (auto b : raw(n))
      v = (v << 8) | std::to_integer<std::uint64_t>(b);
    return v;
  }

  const_bytes in_;
  bool ok_ = true;
};

/// Writes big-endian fields into the caller's memory. What does not fit is
/// dropped and makes `done()` empty, so an encoder checks once, at the end.
class writer {
public:
  constexpr explicit writer(bytes out) noexcept : out_(out) {}

  constexpr void u8(std::uint8_t v) noexcept { put(v, 1); }
  constexpr void u16(std::uint16_t v) noexcept { put(v, 2); }
  constexpr void u32(std::uint32_t v) noexcept { put(v, 4); }
  constexpr void u64(std::uint64_t v) noexcept { put(v, 8); }

  void raw(const_bytes in) noexcept {
    if (!room(in.size()))
      return;
    std::copy(in.begin(), in.end(), out_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += in.size();
  }

  constexpr std::size_t size() const noexcept { return used_; }

  /// Returns the bytes written, or nothing when they did not fit.
  constexpr std::optional<bytes> done() const noexcept {
    if (!ok_)
      return std::nullopt;
    return out_.first(used_);
  }

private:
  constexpr bool room(std::size_t n) noexcept {
    if (n > out_.size() - used_)
      ok_ = false;
    return ok_;
  }

  constexpr void put(std::uint64_t v, std::size_t n) noexcept {
    if (!room(n))
      return;
    for (std::size_t i = n; i-- > 0;)
      out_[used_++] = static_cast<std::byte>((v >> (8 * i)) & 0xff);
  }

  bytes out_;
  std::size_t used_ = 0;
  bool ok_ = true;
};

} // namespace catchup::base
