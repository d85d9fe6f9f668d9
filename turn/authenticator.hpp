#pragma once
// Long-term credentials on a request, checked without any state (RFC 8489 §9.2.4).

#include "base/result.hpp"
#include "turn/credentials.hpp"
#include "turn/nonce.hpp"
#include "turn/stun_message.hpp"

namespace catchup::turn {

struct authenticated {
  std::string_view username; // a view of the message
  long_term_key key;
};

class authenticator {
public:
  /// `secret` signs credentials and nonces, `realm` is the server's domain.
  authenticator(std::string secret, std::string realm, std::chrono::seconds nonce_validity);

  /// The failure is the error code: 400, or 401 and 438, which want a challenge
  /// (realm and a new nonce). None of them may be signed.
  base::result<authenticated, int> check(const stun::message& m, const base::endpoint& client,
                                         base::unix_seconds now) const;

  const std::string& realm() const noexcept { return realm_; }
  std::string make_nonce(const base::endpoint& client, base::unix_seconds now) const {
    return nonces_.make(client, now);
  }

private:
  std::string secret_;
  std::string realm_;
  nonce_maker nonces_;
};

} // namespace catchup::turn
