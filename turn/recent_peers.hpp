#pragma once
// To whom a client has sent lately.

#include "base/endpoint.hpp"
#include "base/time.hpp"

#include <algorithm>
#include <array>

namespace catchup::turn {

/// The last sixteen peers that a client sent something to of its own accord. A
/// permission is of an address, and all clients of the relay share one: only what
/// the client says itself tells its partners from strangers.
class recent_peers {
public:
  static constexpr std::size_t places = 16;
  /// Browsers check what they use every few seconds.
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
