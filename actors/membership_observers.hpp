#pragma once
// Tells a list of actors the memberships of a room.

#include "actors/messages/membership.hpp"

#include <caf/actor_addr.hpp>

#include <vector>

namespace catchup::actors {

class membership_observers {
public:
  membership_observers(base::room_tag room, std::vector<membership_observer> first)
    : room_(room), observers_(std::move(first)) {}

  /// Does nothing when it is on the list already.
  void add(membership_observer observer);
  /// Returns whether `observer` was on the list.
  bool remove(const caf::actor_addr& observer);
  std::size_t size() const noexcept { return observers_.size(); }

  void joined(const base::member_id& member);
  /// `change` is `may_return` or `ended`.
  void left(const base::member_id& member, membership_change change);
  /// The room ends and cannot say how its memberships would have ended: all may return.
  void room_ended();

  const std::vector<base::member_id>& present() const noexcept { return present_; }

private:
  void tell(const base::member_id& member, membership_change change) const;

  base::room_tag room_;
  std::vector<membership_observer> observers_;
  std::vector<base::member_id> present_; // in order of arrival
};

} // namespace catchup::actors
