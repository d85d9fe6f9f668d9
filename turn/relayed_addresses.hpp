#pragma once
// Which relayed address a new allocation gets (RFC 8656 §7.2): family, port, and
// the port that is set aside beside it.

#include "base/result.hpp"
#include "turn/allocation.hpp"
#include "turn/port_pool.hpp"
#include "turn/reservations.hpp"

namespace catchup::turn {

class relayed_addresses {
public:
  relayed_addresses(address_plan plan, std::chrono::seconds quarantine)
    : plan_(std::move(plan)), ports_(quarantine) {}

  const address_plan& plan() const noexcept { return plan_; }

  struct grant {
    base::endpoint relayed;
    allocation_extras extras{};
    /// Source whose quota counted it as a reservation, if it was one.
    std::optional<base::ip_address> held_for{};
  };

  /// Random numbers for a choice, from the caller: a core has none.
  struct chance {
    std::uint32_t port = 0;
    reservation_token token{};
  };

  /// 440 when the plan has no address of the wanted family, else 0. Call it before quotas are
  /// checked, and before `choose`.
  int refuse_family(const request& r) const noexcept;

  /// Whether the request has a valid token.
  bool redeems(base::time_point now, const request& r, std::string_view user) const;

  /// 508 when there is no such port or the token is not valid. A reservation keeps `user` and
  /// `source`.
  base::result<grant, int> choose(base::time_point now, const request& r, std::string_view user,
                                  const base::ip_address& source, const chance& random);

  void give_back(base::time_point now, std::uint16_t port) { ports_.give_back(now, port); }

  /// Frees reservations whose token was not used in time, and returns them.
  std::vector<reservation> end_reservations(base::time_point now);

  std::size_t reserved() const noexcept { return reserved_.size(); }

private:
  grant addresses_for(const request& r) const;

  address_plan plan_;
  port_pool ports_;
  reservations reserved_;
};

} // namespace catchup::turn
