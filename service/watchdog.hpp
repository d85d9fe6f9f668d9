#pragma once
// Notices parts of the process that do not work any more: each has a number that must grow.

#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::service {

/// A part, seen from outside.
struct watched_part {
  std::string part;
  /// Grows as long as the part works.
  std::function<std::uint64_t()> beats;
  /// Asks it for one more beat; empty when it beats by itself.
  std::function<void()> ask;
};

class watchdog {
public:
  watchdog(std::vector<watched_part> parts, std::chrono::milliseconds patience,
           base::time_point now);

  /// Checks every part, and asks those that have answered for another beat. Returns the
  /// name of a part whose beats have not grown within the patience; empty when all work.
  std::string_view check(base::time_point now);

private:
  struct watched {
    watched_part sign;
    std::uint64_t seen = 0;
    base::time_point moved;
  };
  std::vector<watched> parts_;
  std::chrono::milliseconds patience_;
};

} // namespace catchup::service
