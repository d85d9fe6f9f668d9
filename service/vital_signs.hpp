#pragma once
// Whether the parts of the process still work: each has a number that must move.

#include "base/time.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::service {

/// A part, seen from outside.
struct vital_sign {
  std::string part;
  /// Grows as long as the part works.
  std::function<std::uint64_t()> beats;
  /// Asks it for one more beat; empty when it has a pulse of its own.
  std::function<void()> ask;
};

class vital_signs {
public:
  vital_signs(std::vector<vital_sign> parts, std::chrono::milliseconds patience,
              base::time_point now);

  /// Looks at every part, and asks those that have answered for another beat. The
  /// name of one that has not moved within the patience; empty when all is well.
  std::string_view check(base::time_point now);

private:
  struct watched {
    vital_sign sign;
    std::uint64_t seen = 0;
    base::time_point moved;
  };
  std::vector<watched> parts_;
  std::chrono::milliseconds patience_;
};

} // namespace catchup::service
