#pragma once
// The relayed ports. They are random (RFC 6056), and a port rests after its last owner, whose
// peers may still be sending (RFC 8656 §7.2).

#include "base/time.hpp"
#include "turn/address_plan.hpp"

#include <bitset>
#include <deque>
#include <optional>

namespace catchup::turn {

class port_pool {
public:
  explicit port_pool(std::chrono::seconds quarantine) noexcept : quarantine_(quarantine) {}

  /// A free port near the place that `random` points to. When all that is left
  /// is in quarantine, the one that has been there longest. Empty: none is free.
  std::optional<std::uint16_t> take(base::time_point now, std::uint32_t random, bool even);

  /// The same for an even port and the one above it, both free and both taken by
  /// this (RFC 8656 §7.2); ports in quarantine are not pressed into that.
  std::optional<std::uint16_t> take_pair(base::time_point now, std::uint32_t random);

  void give_back(base::time_point now, std::uint16_t port);

  std::size_t taken() const noexcept { return busy_.count() - resting_.size(); }

private:
  struct resting {
    std::size_t index;
    base::time_point until;
  };

  void end_quarantine(base::time_point now);

  std::bitset<relayed_ports> busy_; // owned or resting
  std::deque<resting> resting_;     // by `until`
  std::chrono::seconds quarantine_;
};

} // namespace catchup::turn
