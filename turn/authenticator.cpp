#include "turn/authenticator.hpp"

#include "turn/request.hpp"

#include <algorithm>

namespace catchup::turn {

namespace {

using stun::attribute;

constexpr std::size_t max_username = 508; // RFC 8489 §14.3

constexpr std::array<std::byte, 8> offer{std::byte{0}, std::byte{2}, std::byte{0}, std::byte{0},
                                         std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}};

// The password algorithm of a request, or nothing for a bad request (§9.2.4). A client without
// an offer uses MD5. A client that answers an offer must repeat it, so that nobody on the path
// can have removed the better algorithm.
std::optional<password_algorithm> algorithm_of(const stun::message& m, std::string_view nonce) {
  auto one = m.find(attribute::password_algorithm);
  auto all = m.find(attribute::password_algorithms);
  bool was_offered = nonce.starts_with(nonce_cookie);
  if (!one && (!all || !was_offered))
    return password_algorithm::md5;
  if (!was_offered || !one || !all || !base::equal(*all, offer) || one->size() != 4)
    return std::nullopt;
  base::reader in{*one};
  auto number = in.u16();
  bool known = number == 1 || number == 2;
  return known && in.u16() == 0 ? std::optional{password_algorithm{number}} : std::nullopt;
}

} // namespace

authenticator::authenticator(std::string secret, std::string realm,
                             std::chrono::seconds nonce_validity)
  : secret_(std::move(secret)), realm_(std::move(realm)), nonces_(secret_, nonce_validity) {}

base::const_bytes authenticator::offered() noexcept { return offer; }

bool authenticator::nonce_ok(const stun::message& m, const base::endpoint& client,
                             base::unix_seconds now) const {
  auto nonce = m.find(attribute::nonce);
  return nonce && nonces_.valid(base::as_text(*nonce), client, now);
}

base::result<authenticated, auth_failure> authenticator::check(const stun::message& m,
                                                               const base::endpoint& client,
                                                               base::unix_seconds now) const {
  auto refuse = [](int code) { return base::failure{auth_failure{code}}; };
  authenticated out;
  auto seal = m.sealed_by();
  if (!seal)
    return refuse(error::unauthorized);
  out.sealed = *seal;
  auto username = m.find(attribute::username);
  auto realm = m.find(attribute::realm);
  auto nonce = m.find(attribute::nonce);
  if (!username || !realm || !nonce || username->size() > max_username)
    return refuse(error::bad_request);
  auto algorithm = algorithm_of(m, base::as_text(*nonce));
  if (!algorithm)
    return refuse(error::bad_request);

  out.username = base::as_text(*username);
  auto who = parse_username(out.username);
  if (!who || who->expiry + clock_skew < now || base::as_text(*realm) != realm_)
    return refuse(error::unauthorized);
  out.expiry = who->expiry;
  out.key = make_key(out.username, realm_, password_for(secret_, out.username), *algorithm);
  if (!m.integrity_ok(out.key))
    return refuse(error::unauthorized);
  if (!nonce_ok(m, client, now))
    return base::failure{auth_failure{error::stale_nonce, verified_key{out.key, out.sealed}}};
  return out;
}

} // namespace catchup::turn
