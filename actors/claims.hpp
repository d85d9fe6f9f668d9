#pragma once
// Decides when a member's TURN allocations end. They survive a crash of the member's
// actor for a grace period: its media do not depend on the room or the peer.

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace catchup::actors {

/// A change of a membership.
enum class stay : std::uint8_t {
  here,       ///< begins
  may_return, ///< ended by a failure: the client comes back by itself
  gone,       ///< ended for good
};

class claims {
public:
  explicit claims(base::duration grace) : grace_(grace) {}

  /// Records a membership change. A user may be a member twice for a moment, when one
  /// room replaces another. Returns true if the user's allocations must be closed now.
  /// `has`: whether the user has any.
  bool note(base::time_point now, const std::string& user, stay what, bool has);

  /// Returns the users whose grace period is over; each of them once.
  std::vector<std::string> take_over(base::time_point now);

  /// The end of the next grace period, or `time_point::max()`.
  base::time_point deadline() const;

  std::size_t size() const noexcept { return members_.size() + ending_.size(); }

private:
  base::duration grace_;
  std::unordered_map<std::string, std::size_t> members_;
  std::map<std::string, base::time_point> ending_;
};

} // namespace catchup::actors
