#pragma once
// How long something took, for a histogram: many threads add, any reads.

#include "base/time.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace catchup::http {

class durations {
public:
  static constexpr std::array bounds{0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0}; ///< seconds

  void add(base::duration took) noexcept {
    auto seconds = std::chrono::duration<double>(took).count();
    std::size_t i = 0;
    while (i < bounds.size() && seconds > bounds[i])
      ++i;
    ++counts_[i];
    nanoseconds_ += static_cast<std::uint64_t>(took.count() > 0 ? took.count() : 0);
  }

  /// By bound; the last is of those beyond all.
  std::array<std::uint64_t, bounds.size() + 1> counts() const noexcept {
    std::array<std::uint64_t, bounds.size() + 1> out{};
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = counts_[i];
    return out;
  }
  double sum() const noexcept { return static_cast<double>(nanoseconds_) / 1e9; }

private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

} // namespace catchup::http
