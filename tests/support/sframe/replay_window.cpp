#include "tests/support/sframe/replay_window.hpp"

#include <cassert>

namespace catchup::e2ee {

replay_window::verdict replay_window::check(std::uint64_t ctr) const {
  if (!highest_)
    return verdict::fresh;
  if (ctr > *highest_)
    return ctr - *highest_ > max_ahead ? verdict::too_far : verdict::fresh;
  auto behind = *highest_ - ctr;
  if (behind >= width)
    return verdict::too_old;
  return seen_[behind] ? verdict::replayed : verdict::fresh;
}

void replay_window::accept(std::uint64_t ctr) {
  assert(check(ctr) == verdict::fresh);
  if (highest_ && ctr <= *highest_) {
    seen_.set(*highest_ - ctr);
    return;
  }
  auto step = highest_ ? ctr - *highest_ : width;
  seen_ = step < width ? seen_ << step : std::bitset<width>{};
  seen_.set(0);
  highest_ = ctr;
}

} // namespace catchup::e2ee
