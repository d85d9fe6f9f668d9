#pragma once
// Ports that EVEN-PORT has set aside, until their token is shown (RFC 8656 §7.2).

#include "base/time.hpp"
#include "turn/request.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace catchup::turn {

struct reservation {
  reservation_token token{};
  base::endpoint relayed;
  std::string user;        // only the one it was made for can have it
  base::ip_address source; // whose quota it counts in
};

/// Bounded by the quotas of the users that reserve.
class reservations {
public:
  /// "At least 30 seconds."
  static constexpr std::chrono::seconds lifetime{30};

  void add(base::time_point now, reservation r) { held_.push_back({std::move(r), now + lifetime}); }

  bool has(base::time_point now, const reservation_token& token, std::string_view user) const {
    return find(now, token, user) != held_.end();
  }

  std::optional<reservation> take(base::time_point now, const reservation_token& token,
                                  std::string_view user);

  /// Removes and returns reservations that were not used in time.
  std::vector<reservation> take_expired(base::time_point now);

  std::size_t size() const noexcept { return held_.size(); }

private:
  struct held {
    reservation value;
    base::time_point until;
  };

  std::deque<held>::const_iterator find(base::time_point now, const reservation_token& token,
                                        std::string_view user) const;

  std::deque<held> held_; // by `until`
};

} // namespace catchup::turn
