#pragma once
// Whose allocations go on. They outlive the actor of their member when that may
// be made anew: the member's media does not hang on the room or its peer.

#include "base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace catchup::actors {

/// What becomes of a membership.
enum class stay : std::uint8_t {
  here,       ///< begins
  may_return, ///< ended by a failure: the client comes back by itself
  gone,       ///< ended for good
};

class claims {
public:
  explicit claims(base::duration grace) : grace_(grace) {}

  /// Takes notice. A user may be a member twice for a moment, when one room takes
  /// the place of another. Whether all that the user has ends now; `has` says
  /// whether there is anything.
  bool note(base::time_point now, const std::string& user, stay what, bool has);

  /// Those whose time is over; each is told once.
  std::vector<std::string> take_over(base::time_point now);

  /// When there will be some, or never.
  base::time_point deadline() const;

  std::size_t size() const noexcept { return members_.size() + ending_.size(); }

private:
  base::duration grace_;
  std::unordered_map<std::string, std::size_t> members_;
  std::map<std::string, base::time_point> ending_;
};

} // namespace catchup::actors
