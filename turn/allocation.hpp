#pragma once
// One TURN allocation (RFC 8656 §3.2) without sockets, threads or clocks:
// requests and `now` in, answers out. Its actor is a shell around it.

#include "turn/address_plan.hpp"
#include "turn/request.hpp"
#include "turn/route.hpp"

namespace catchup::turn {

/// A requested lifetime as it is granted (§7.2), in seconds.
std::uint32_t granted_lifetime(std::optional<std::uint32_t> requested) noexcept;

class allocation {
public:
  static constexpr std::chrono::seconds permission_lifetime{300};
  static constexpr std::chrono::seconds channel_lifetime{600};
  static constexpr std::size_t max_channels = 128;

  /// `created` is the Allocate request; `relayed` is free.
  allocation(allocation_id id, address_plan plan, const base::endpoint& relayed,
             const request& created, base::time_point now);

  struct outcome {
    response answer;
    bool changed = false; // publish `snapshot()` before the answer
    bool ended = false;   // withdraw everything before the answer
  };

  /// Any request from the 5-tuple, the retransmitted Allocate included.
  outcome handle(base::time_point now, const request& r);

  bool expired(base::time_point now) const noexcept { return now >= expires_; }
  base::time_point expires() const noexcept { return expires_; }

  /// Forgets permissions and channels that have run out.
  void sweep(base::time_point now);

  /// What the media thread shall know; a higher version each time.
  route snapshot();

  allocation_id id() const noexcept { return routes_.allocation; }
  const five_tuple& client() const noexcept { return routes_.client; }
  const base::endpoint& relayed() const noexcept { return routes_.relayed; }
  const std::string& username() const noexcept { return username_; }
  std::size_t permissions() const noexcept { return routes_.permissions.size(); }
  std::size_t channels() const noexcept { return routes_.channels.size(); }

private:
  outcome allocated(base::time_point now, const request& r) const;
  outcome refresh(base::time_point now, const request& r);
  outcome create_permission(base::time_point now, const request& r);
  outcome bind_channel(base::time_point now, const request& r);
  void permit(base::time_point now, const base::ip_address& peer);
  int refuse_family(const base::endpoint& peer) const noexcept;

  route routes_;
  address_plan plan_;
  std::string username_;
  stun::transaction_id created_by_;
  base::time_point expires_;
};

} // namespace catchup::turn
