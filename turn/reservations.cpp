#include "turn/reservations.hpp"

#include "base/crypto.hpp"

#include <algorithm>

namespace catchup::turn {

std::deque<reservations::held>::const_iterator reservations::find(base::time_point now,
                                                                  const reservation_token& token,
                                                                  std::string_view user) const {
  return std::find_if(held_.begin(), held_.end(), [&](const auto& h) {
    return base::equal_constant_time(h.value.token, token) && h.value.user == user && now < h.until;
  });
}

std::optional<reservation> reservations::take(base::time_point now, const reservation_token& token,
                                              std::string_view user) {
  auto i = find(now, token, user);
  if (i == held_.end())
    return std::nullopt;
  auto out = i->value;
  held_.erase(i);
  return out;
}

std::vector<reservation> reservations::take_expired(base::time_point now) {
  std::vector<reservation> out;
  while (!held_.empty() && now >= held_.front().until) {
    out.push_back(std::move(held_.front().value));
    held_.pop_front();
  }
  return out;
}

} // namespace catchup::turn
