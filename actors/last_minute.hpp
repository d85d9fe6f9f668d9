#pragma once
// Counts the events of the last 60 seconds, to the second.

#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <numeric>

namespace catchup::actors {

class last_minute {
public:
  /// `now` must not run backwards.
  void add(base::time_point now) noexcept {
    move_to(now);
    ++seconds_[at_ % seconds_.size()];
  }
  std::uint64_t count(base::time_point now) noexcept {
    move_to(now);
    return std::accumulate(seconds_.begin(), seconds_.end(), std::uint64_t{0});
  }

private:
  void move_to(base::time_point now) noexcept {
    auto second = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    if (second >= at_ + seconds_.size())
      seconds_.fill(0);
    else
      while (at_ < second)
        seconds_[++at_ % seconds_.size()] = 0;
    at_ = second;
  }

  std::array<std::uint64_t, 60> seconds_{};
  std::uint64_t at_ = 0;
};

} // namespace catchup::actors
