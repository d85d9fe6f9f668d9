#pragma once
// Send rate that a receiver's estimate of its downlink (REMB) allows.

#include "base/time.hpp"

#include <algorithm>
#include <cstdint>

namespace catchup::sfu::forward {

/// A browser never estimates more than about 1.5 times what it receives, so a low
/// estimate alone says nothing, and waiting for a higher one before sending more
/// would wait for ever. It falls only when queues grow: then it is a limit, for a
/// while that doubles each time. After that more is tried.
class estimate_limit {
public:
  static constexpr base::duration first_hold = std::chrono::seconds{4};
  static constexpr base::duration longest_hold = std::chrono::seconds{64};
  /// Without a fall for so long, the next hold is the first again.
  static constexpr base::duration forgiving = std::chrono::seconds{60};

  /// An estimate of the receiver, in bits per second.
  void estimated(base::time_point now, std::uint64_t bits) noexcept {
    if (highest_ > 0 && bits < highest_ / 10 * 9) {
      if (fell_ == base::time_point{} || now - fell_ >= forgiving)
        hold_ = first_hold;
      else if (now >= held_until_)
        hold_ = std::min(hold_ * 2, longest_hold);
      fell_ = now;
      held_until_ = now + hold_;
      highest_ = bits;
    }
    highest_ = std::max(highest_, bits);
    latest_ = bits;
  }

  /// The most to send, in bits per second; UINT64_MAX when nothing is known against
  /// more.
  std::uint64_t limit(base::time_point now) const noexcept {
    return now < held_until_ ? latest_ : UINT64_MAX;
  }

private:
  std::uint64_t highest_ = 0; // since the last fall
  std::uint64_t latest_ = 0;
  base::duration hold_ = first_hold;
  base::time_point fell_{};
  base::time_point held_until_{};
};

} // namespace catchup::sfu::forward
