#pragma once
// Which counters of one key were seen already (RFC 9605 §9.3).

#include <bitset>
#include <cstdint>
#include <optional>

namespace catchup::e2ee {

/// Ask before decryption, tell after it: a frame that was not authentic changes
/// nothing. The first counter may have any value, since a receiver may come late.
class replay_window {
public:
  /// Counters further behind the highest one are refused.
  static constexpr std::uint64_t width = 1024;
  /// Counters further ahead of the highest one are refused.
  static constexpr std::uint64_t max_ahead = 1u << 20;

  enum class verdict { fresh, replayed, too_old, too_far };

  verdict check(std::uint64_t ctr) const;
  /// `ctr` must be fresh.
  void accept(std::uint64_t ctr);

private:
  std::optional<std::uint64_t> highest_;
  std::bitset<width> seen_; // bit i: highest_ - i
};

} // namespace catchup::e2ee
