#include "http/jwt.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "http/json.hpp"

namespace catchup::http {

std::string make_livekit_token(const livekit_grant& grant, std::string_view api_key,
                               std::string_view api_secret) {
  json::writer header, payload;
  header.open('{').member("alg", "HS256").member("typ", "JWT").close('}');
  payload.open('{')
      .member("iss", api_key)
      .member("sub", grant.identity)
      .member("nbf", grant.now)
      .member("exp", grant.now + grant.life)
      .key("video")
      .open('{')
      .member("room", grant.room)
      .member("roomJoin", true)
      .member("canPublish", true)
      .member("canSubscribe", true)
      .member("canPublishData", true)
      .close('}')
      .close('}');
  auto token = base::to_base64url(base::as_bytes(header.done())) + '.' +
               base::to_base64url(base::as_bytes(payload.done()));
  auto mac = base::hmac_sha256(base::as_bytes(api_secret), base::as_bytes(token));
  return token + '.' + base::to_base64url(mac);
}

} // namespace catchup::http
