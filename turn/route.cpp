#include "turn/route.hpp"

#include <algorithm>

namespace catchup::turn {

bool route::permits(base::time_point now, const base::ip_address& peer) const noexcept {
  return std::any_of(permissions.begin(), permissions.end(),
                     [&](const auto& p) { return p.peer == peer && now < p.expires; });
}

const channel_binding* route::by_number(base::time_point now, std::uint16_t number) const noexcept {
  auto i = std::lower_bound(channels.begin(), channels.end(), number,
                            [](const auto& c, std::uint16_t n) { return c.number < n; });
  return i != channels.end() && i->number == number && now < i->expires ? &*i : nullptr;
}

const channel_binding* route::by_peer(base::time_point now,
                                      const base::endpoint& peer) const noexcept {
  for (const auto& c : channels)
    if (c.peer == peer && now < c.expires)
      return &c;
  return nullptr;
}

} // namespace catchup::turn
