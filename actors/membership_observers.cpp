#include "actors/membership_observers.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace catchup::actors {

void membership_observers::add(membership_observer observer) {
  if (std::ranges::find(observers_, observer) == observers_.end())
    observers_.push_back(std::move(observer));
}

bool membership_observers::remove(const caf::actor_addr& observer) {
  return std::erase_if(observers_, [&](const auto& o) { return o == observer; }) > 0;
}

void membership_observers::joined(const base::member_id& member) {
  present_.push_back(member);
  tell(member, membership_change::joined);
}

void membership_observers::left(const base::member_id& member, membership_change change) {
  if (std::erase(present_, member) > 0)
    tell(member, change);
}

void membership_observers::room_ended() {
  for (const auto& member : present_)
    tell(member, membership_change::may_return);
  present_.clear();
}

void membership_observers::tell(const base::member_id& member, membership_change change) const {
  for (const auto& observer : observers_)
    caf::anon_send(observer, msg::membership{room_, member, change});
}

} // namespace catchup::actors
