#pragma once
// Numbers that wrap, compared and made continuous (RFC 3550 appendix A.1).

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace catchup::sfu::rtp {

/// Whether `a` comes after `b` on the shorter way round (RFC 1982).
template <std::unsigned_integral U>
constexpr bool newer(U a, U b) noexcept {
  return a != b && static_cast<U>(a - b) <= (static_cast<U>(~U{0}) >> 1);
}

/// How far `a` is ahead of `b`; negative when behind.
template <std::unsigned_integral U>
constexpr std::int64_t distance(U a, U b) noexcept {
  return static_cast<std::make_signed_t<U>>(static_cast<U>(a - b));
}

/// Turns wrapping numbers into continuous ones. Each number counts as the one
/// nearest to the last; to the first `start` is added.
template <std::unsigned_integral U>
class unwrapper {
public:
  explicit unwrapper(std::int64_t start = 0) noexcept : start_(start) {}

  std::int64_t unwrap(U value) noexcept {
    last_ = last_ ? *last_ + distance(value, static_cast<U>(*last_)) : start_ + value;
    return *last_;
  }

  /// Returns the result of `unwrap` without moving.
  std::int64_t peek(U value) const noexcept {
    return last_ ? *last_ + distance(value, static_cast<U>(*last_)) : start_ + value;
  }

private:
  std::int64_t start_;
  std::optional<std::int64_t> last_;
};

} // namespace catchup::sfu::rtp
