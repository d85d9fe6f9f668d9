#pragma once
// Nonces that need no memory: expiry and a MAC over it and the client's address
// (RFC 8489 §9.2). Every thread, and the process after a restart, agrees on them.

#include "base/endpoint.hpp"
#include "base/time.hpp"

#include <array>
#include <string>
#include <string_view>

namespace catchup::turn {

/// Prefix of a nonce that was offered with password algorithms: the
/// nonce cookie and the security feature bits (§9.2, §18.1) in base64. Bit 0 of
/// the set is the leftmost one, so "password algorithms" is 0x800000.
inline constexpr std::string_view nonce_cookie = "obMatJos2gAAA";

class nonce_maker {
public:
  /// `secret` is the root secret; the key is derived from it.
  nonce_maker(std::string_view secret, std::chrono::seconds validity);

  /// 16 characters that only `client` can use, for the validity from `now` on,
  /// behind the cookie when it is wanted.
  std::string make(const base::endpoint& client, base::unix_seconds now, bool with_cookie) const;

  /// A nonce whose cookie was removed or added on the path is not valid.
  bool valid(std::string_view nonce, const base::endpoint& client, base::unix_seconds now) const;

private:
  std::string seal(std::uint32_t expiry, const base::endpoint& client, bool with_cookie) const;

  std::array<std::byte, 32> key_;
  std::chrono::seconds validity_;
};

} // namespace catchup::turn
