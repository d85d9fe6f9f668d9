#include "turn/relayed_addresses.hpp"

namespace catchup::turn {

int relayed_addresses::refuse_family(const request& r) const noexcept {
  bool any = !plan_.public_ips.empty();
  bool has = r.family ? plan_.public_ip(*r.family).has_value() : any;
  return has ? 0 : error::address_family_not_supported;
}

bool relayed_addresses::redeems(base::time_point now, const request& r,
                                std::string_view user) const {
  return r.reservation && reserved_.has(now, *r.reservation, user);
}

// IPv4 unless the client asks otherwise (seventh check). A server that has only IPv6 gives
// that: its addresses are virtual, so either family works.
relayed_addresses::grant relayed_addresses::addresses_for(const request& r) const {
  grant out;
  auto v4 = plan_.public_ip(family::ipv4);
  auto v6 = plan_.public_ip(family::ipv6);
  if (r.family)
    out.relayed.ip = *plan_.public_ip(*r.family);
  else
    out.relayed.ip = v4 ? *v4 : *v6;
  if (!r.dual)
    return out;
  if (v4 && v6)
    out.extras.second_family = v6;
  else
    out.extras.missing = {v4 ? family::ipv6 : family::ipv4, error::address_family_not_supported};
  return out;
}

base::result<relayed_addresses::grant, int>
relayed_addresses::choose(base::time_point now, const request& r, std::string_view user,
                          const base::ip_address& source, const chance& random) {
  if (r.reservation) {
    auto held = reserved_.take(now, *r.reservation, user);
    if (!held)
      return base::failure{error::insufficient_capacity};
    return grant{.relayed = held->relayed, .held_for = held->source};
  }
  auto port = r.reserve_next ? ports_.take_pair(now, random.port)
                             : ports_.take(now, random.port, r.even_port);
  if (!port)
    return base::failure{error::insufficient_capacity};
  auto out = addresses_for(r);
  out.relayed.port = *port;
  if (r.reserve_next) {
    out.extras.token = random.token;
    base::endpoint next{out.relayed.ip, static_cast<std::uint16_t>(*port + 1)};
    reserved_.add(now, {random.token, next, std::string{user}, source});
  }
  return out;
}

std::vector<reservation> relayed_addresses::end_reservations(base::time_point now) {
  auto out = reserved_.take_expired(now);
  for (const auto& r : out)
    ports_.give_back(now, r.relayed.port);
  return out;
}

} // namespace catchup::turn
