#pragma once
// The peers to which a client has sent lately.

#include "base/endpoint.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <array>

namespace catchup::turn {

/// The last sixteen peers to which a client sent packets. A permission is for an address, and
/// all clients of the relay share one, so only the packets of the client tell its partners
/// from strangers.
class recent_peers {
public:
  static constexpr std::size_t places = 16;
  /// Browsers send a check every few seconds on a path that they use.
  static constexpr std::chrono::seconds lasting{60};

  void note_sent(base::time_point now, const base::endpoint& peer) noexcept {
    auto same = std::ranges::find(all_, peer, &place::peer);
    auto& p = same != all_.end() ? *same : *std::ranges::min_element(all_, {}, &place::until);
    p = {peer, now + lasting};
  }
  bool contains(base::time_point now, const base::endpoint& peer) const noexcept {
    return std::ranges::any_of(all_,
                               [&](const place& p) { return now < p.until && p.peer == peer; });
  }

private:
  struct place {
    base::endpoint peer{};
    base::time_point until{};
  };
  std::array<place, places> all_{};
};

} // namespace catchup::turn
