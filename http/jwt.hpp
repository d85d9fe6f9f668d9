#pragma once
// Tokens for a LiveKit media server: JWT (RFC 7519) signed with HS256 (RFC 7518 §3.2).

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "http/json.hpp"

#include <string>
#include <string_view>

namespace catchup::http {

/// `header.payload.signature`, each part base64url without padding. `payload` is a JSON
/// object, `secret` the key of the MAC.
std::string sign_jwt(std::string_view payload, std::string_view secret);

enum class jwt_error : std::uint8_t {
  malformed, ///< not three parts of base64url with JSON objects in them, or too large
  algorithm, ///< the header names another algorithm than HS256, or asks for extensions
  signature, ///< not signed with this secret
  early,     ///< before `nbf`
  expired,   ///< at or after `exp`, or without one
};

/// Clocks of those who sign and those who check may differ by this, in seconds.
inline constexpr base::unix_seconds jwt_leeway = 60;

/// The claims of a token that is good at `now`. The algorithm is HS256 whatever the token
/// says; `typ` does not matter. Claims are read only when the signature is right.
base::result<json::object, jwt_error> verify_jwt(std::string_view token, std::string_view secret,
                                                 base::unix_seconds now);

struct livekit_grant {
  std::string_view room;
  std::string_view identity;
  base::unix_seconds now = 0;
  base::unix_seconds life = 6 * 60 * 60;
};

/// May publish and subscribe in one room.
std::string make_livekit_token(const livekit_grant& grant, std::string_view api_key,
                               std::string_view api_secret);

} // namespace catchup::http
