#include "actors/fixed_windows.hpp"

namespace catchup::actors {

base::duration fixed_windows::spend(base::time_point now, const std::string& source) {
  expire(now);
  auto i = windows_.find(source);
  if (i == windows_.end()) {
    if (windows_.size() >= max_sources_)
      return by_end_.empty() ? length_ : by_end_.front()->second.end - now;
    i = windows_.emplace(source, window{now + length_}).first;
    by_end_.push_back(&*i);
  }
  auto& w = i->second;
  if (w.spent >= limit_)
    return w.end - now;
  ++w.spent;
  return base::duration::zero();
}

void fixed_windows::expire(base::time_point now) {
  while (!by_end_.empty() && by_end_.front()->second.end <= now) {
    windows_.erase(windows_.find(by_end_.front()->first));
    by_end_.pop_front();
  }
}

std::optional<base::time_point> fixed_windows::next_end() const {
  if (by_end_.empty())
    return std::nullopt;
  return by_end_.front()->second.end;
}

} // namespace catchup::actors
