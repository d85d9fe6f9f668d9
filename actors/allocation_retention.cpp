#include "actors/allocation_retention.hpp"

#include <algorithm>

namespace catchup::actors {

bool allocation_retention::note(base::time_point now, const std::string& user,
                                membership_change change, bool has) {
  if (change == membership_change::joined) {
    ++members_[user];
    ending_.erase(user);
    return false;
  }
  if (auto i = members_.find(user); i != members_.end()) {
    if (--i->second > 0)
      return false;
    members_.erase(i);
  }
  ending_.erase(user);
  if (change == membership_change::ended || !has)
    return has;
  ending_.emplace(user, now + grace_);
  return false;
}

std::vector<std::string> allocation_retention::take_expired(base::time_point now) {
  std::vector<std::string> out;
  for (auto i = ending_.begin(); i != ending_.end();) {
    if (now < i->second) {
      ++i;
      continue;
    }
    out.push_back(i->first);
    i = ending_.erase(i);
  }
  return out;
}

base::time_point allocation_retention::deadline() const {
  auto first = base::time_point::max();
  for (const auto& [user, at] : ending_)
    first = std::min(first, at);
  return first;
}

} // namespace catchup::actors
