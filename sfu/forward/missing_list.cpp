#include "sfu/forward/missing_list.hpp"

#include <algorithm>

namespace catchup::sfu::forward {

bool missing_list::gap(base::time_point now, std::int64_t from, std::int64_t to) {
  if (to - from > static_cast<std::int64_t>(max_missing - missing_.size())) {
    missing_.clear();
    return false;
  }
  for (; from < to; ++from)
    missing_.push_back({from, now, now + reorder_wait});
  return true;
}

void missing_list::arrived(std::int64_t sequence) {
  auto it = std::lower_bound(missing_.begin(), missing_.end(), sequence,
                             [](auto& e, auto s) { return e.sequence < s; });
  if (it != missing_.end() && it->sequence == sequence)
    missing_.erase(it);
}

void missing_list::forget_before(std::int64_t sequence) {
  std::erase_if(missing_, [&](auto& e) { return e.sequence < sequence; });
}

void missing_list::due(base::time_point now, base::duration round_trip,
                       std::vector<std::uint16_t>& out) {
  std::erase_if(missing_,
                [&](auto& e) { return e.tries >= max_tries || now - e.found >= give_up_after; });
  auto repeat = std::max(least_repeat, round_trip + round_trip / 4);
  for (auto& e : missing_) {
    if (e.ask > now)
      continue;
    out.push_back(static_cast<std::uint16_t>(e.sequence));
    e.ask = now + repeat;
    ++e.tries;
  }
}

base::time_point missing_list::deadline() const noexcept {
  auto first = base::time_point::max();
  for (auto& e : missing_)
    first = std::min(first, e.ask);
  return first;
}

} // namespace catchup::sfu::forward
