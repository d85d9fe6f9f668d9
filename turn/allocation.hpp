#pragma once
// One TURN allocation (RFC 8656 §3.2) without sockets, threads or clocks:
// requests and `now` in, answers out. Its actor is a shell around it.

#include "turn/address_plan.hpp"
#include "turn/request.hpp"
#include "turn/route.hpp"

namespace catchup::turn {

/// A requested lifetime as it is granted (§7.2), in seconds: never longer than
/// the credentials are good.
std::uint32_t granted_lifetime(std::optional<std::uint32_t> requested,
                               std::uint32_t credential_seconds = 0xffffffff) noexcept;

/// Results of an Allocate request besides its first relayed address.
struct allocation_extras {
  std::optional<base::ip_address> second_family{}; // the other family; the port is the same
  std::optional<reservation_token> token{};
  std::optional<address_error> missing{};
};

class allocation {
public:
  static constexpr std::chrono::seconds permission_lifetime{300};
  /// A channel keeps the permission of its peer alive as long as it lives: RFC 8656
  /// §12.6 asks a client for the binding alone, and many clients do no more.
  static constexpr std::chrono::seconds channel_lifetime{600};
  static constexpr std::size_t max_channels = 128;

  /// `created` is the Allocate request; `relayed` is free.
  allocation(allocation_id id, address_plan plan, const base::endpoint& relayed,
             const request& created, base::time_point now, const allocation_extras& extras = {});

  struct outcome {
    response answer;
    bool changed = false; // publish `snapshot()` before the answer
    bool ended = false;   // withdraw everything before the answer
  };

  /// Any request from the 5-tuple, the retransmitted Allocate included.
  outcome handle(base::time_point now, const request& r);

  bool expired(base::time_point now) const noexcept;
  /// When the next of its relayed addresses runs out.
  base::time_point expires() const noexcept;
  /// Gives up the address of a dual allocation that has run out before the other;
  /// true when there was one: then publish `snapshot()`.
  bool drop_expired(base::time_point now);

  /// Forgets permissions and channels that have run out.
  void sweep(base::time_point now);

  /// Snapshot for the media thread; the version grows each time.
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
  void permit(const base::ip_address& peer, base::time_point until);
  int refuse_family(const base::endpoint& peer) const noexcept;
  void drop_family(bool v4);

  route routes_;
  address_plan plan_;
  std::string username_;
  stun::transaction_id created_by_;
  allocation_extras extras_;
  /// One, or one a family: they are refreshed and deleted apart (§8.2).
  struct lease {
    base::ip_address ip;
    base::time_point expires;
  };
  std::vector<lease> leases_;
};

} // namespace catchup::turn
