#pragma once
// Rate limiting as a value.

#include "base/time.hpp"

#include <algorithm>

namespace catchup::base {

/// Allows `rate` takes a second with bursts up to `burst`. Full at first.
class token_bucket {
public:
  token_bucket(double rate, double burst, time_point now) noexcept
    : rate_(rate), burst_(burst), level_(burst), at_(now) {}

  /// False, and nothing is taken, when fewer than `n` are there.
  bool take(time_point now, double n = 1) noexcept {
    std::chrono::duration<double> passed = now - at_;
    level_ = std::min(burst_, level_ + std::max(0.0, passed.count()) * rate_);
    at_ = std::max(at_, now);
    if (level_ < n)
      return false;
    level_ -= n;
    return true;
  }

private:
  double rate_, burst_, level_;
  time_point at_;
};

} // namespace catchup::base
