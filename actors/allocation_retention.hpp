#pragma once
// Decides when a member's TURN allocations end. They survive a crash of the member's
// actor for a grace period: its media do not depend on the room or the peer.

#include "actors/messages/membership.hpp"
#include "base/time.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace catchup::actors {

class allocation_retention {
public:
  explicit allocation_retention(base::duration grace) : grace_(grace) {}

  /// Records a membership change. A user may be a member twice for a moment, when one
  /// room replaces another. Returns true if the user's allocations must be closed now.
  /// `has`: whether the user has any.
  bool note(base::time_point now, const std::string& user, membership_change change, bool has);

  /// Returns the users whose grace period is over; each of them once.
  std::vector<std::string> take_expired(base::time_point now);

  /// The end of the next grace period, or `time_point::max()`.
  base::time_point deadline() const;

  std::size_t size() const noexcept { return members_.size() + ending_.size(); }

private:
  base::duration grace_;
  std::unordered_map<std::string, std::size_t> members_;
  std::map<std::string, base::time_point> ending_;
};

} // namespace catchup::actors
