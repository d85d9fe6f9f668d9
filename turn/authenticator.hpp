#pragma once
// Long-term credentials on a request, checked without any state (RFC 8489 §9.2.4).

#include "base/result.hpp"
#include "turn/credentials.hpp"
#include "turn/media_names.hpp"
#include "turn/nonce.hpp"

namespace catchup::turn {

struct authenticated {
  std::string_view username; // a view of the message
  long_term_key key;
  stun::integrity sealed = stun::integrity::sha1;
  base::unix_seconds expiry = 0; // of the credentials
};

/// The key that signed a request, and signs the answer to it.
struct verified_key {
  long_term_key key;
  stun::integrity kind = stun::integrity::sha1;
};

/// The reason of a refusal: 400, or 401 and 438, whose answer is a challenge.
struct auth_failure {
  int code = 0;
  /// Set when the integrity of the request was right: then the answer is signed, so
  /// that a client that drops unsigned answers learns its new nonce (§9.2.4).
  std::optional<verified_key> verified{};
};

/// The clock of an issuer of credentials may be this many seconds behind or ahead.
inline constexpr base::unix_seconds clock_skew = 30;

class authenticator {
public:
  /// `secret` signs credentials and nonces.
  authenticator(std::string secret, std::string realm, std::chrono::seconds nonce_validity);

  /// Checks integrity, user name, realm and nonce in the order of §9.2.4.
  base::result<authenticated, auth_failure>
  check(const stun::message& m, const base::endpoint& client, base::unix_seconds now) const;

  /// Whether the request has a nonce of ours that is still good for `client`.
  bool nonce_ok(const stun::message& m, const base::endpoint& client, base::unix_seconds now) const;

  /// PASSWORD-ALGORITHMS as we offer it (§14.11): SHA-256, then MD5.
  static base::const_bytes offered() noexcept;

  const std::string& realm() const noexcept { return realm_; }
  /// `with_cookie`: the challenge offers password algorithms.
  std::string make_nonce(const base::endpoint& client, base::unix_seconds now,
                         bool with_cookie) const {
    return nonces_.make(client, now, with_cookie);
  }

private:
  std::string secret_;
  std::string realm_;
  nonce_maker nonces_;
};

} // namespace catchup::turn
