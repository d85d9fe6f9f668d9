#include "turn/authenticator.hpp"

#include "turn/request.hpp"

namespace catchup::turn {

namespace {

constexpr std::size_t max_username = 508; // RFC 8489 §14.3

} // namespace

authenticator::authenticator(std::string secret, std::string realm,
                             std::chrono::seconds nonce_validity)
  : secret_(std::move(secret)), realm_(std::move(realm)), nonces_(secret_, nonce_validity) {}

base::result<authenticated, int> authenticator::check(const stun::message& m,
                                                      const base::endpoint& client,
                                                      base::unix_seconds now) const {
  using stun::attribute;
  if (!m.find(attribute::message_integrity))
    return base::failure{error::unauthorized};
  auto username = m.find(attribute::username);
  auto realm = m.find(attribute::realm);
  auto nonce = m.find(attribute::nonce);
  if (!username || !realm || !nonce || username->size() > max_username)
    return base::failure{error::bad_request};

  authenticated out;
  out.username = base::as_text(*username);
  auto who = parse_username(out.username);
  if (!who || who->expiry < now || base::as_text(*realm) != realm_)
    return base::failure{error::unauthorized};
  out.key = make_key(out.username, realm_, password_for(secret_, out.username));
  if (!m.integrity_ok(out.key))
    return base::failure{error::unauthorized};
  if (!nonces_.valid(base::as_text(*nonce), client, now))
    return base::failure{error::stale_nonce};
  return out;
}

} // namespace catchup::turn
