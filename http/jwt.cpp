#include "http/jwt.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"

#include <cmath>
#include <optional>

namespace catchup::http {

namespace {

/// A token comes in a URL or a header; LiveKit's have less than 1 KiB.
constexpr std::size_t max_token = 8 * 1024;

std::optional<json::object> object_of(std::string_view part) {
  auto bytes = base::from_base64url(part);
  if (!bytes)
    return std::nullopt;
  auto out = json::object::parse(base::as_text(*bytes));
  if (!out)
    return std::nullopt;
  return std::move(*out);
}

/// A NumericDate (RFC 7519 §2); nothing when the claim is missing or no such number.
std::optional<double> date(const json::object& claims, std::string_view name) {
  const auto* number = claims.number(name);
  if (number == nullptr || !std::isfinite(*number) || *number < 0)
    return std::nullopt;
  return *number;
}

base::result<json::object, jwt_error> in_force(json::object claims, base::unix_seconds now) {
  auto expires = date(claims, "exp");
  if (!expires || static_cast<double>(now - jwt_leeway) >= *expires)
    return base::failure{jwt_error::expired};
  if (claims.has("nbf")) {
    auto begins = date(claims, "nbf");
    if (!begins || static_cast<double>(now + jwt_leeway) < *begins)
      return base::failure{jwt_error::early};
  }
  return claims;
}

} // namespace

std::string sign_jwt(std::string_view payload, std::string_view secret) {
  json::writer header;
  header.open('{').member("alg", "HS256").member("typ", "JWT").close('}');
  auto token = base::to_base64url(base::as_bytes(header.done())) + '.' +
               base::to_base64url(base::as_bytes(payload));
  auto mac = base::hmac_sha256(base::as_bytes(secret), base::as_bytes(token));
  return token + '.' + base::to_base64url(mac);
}

base::result<json::object, jwt_error> verify_jwt(std::string_view token, std::string_view secret,
                                                 base::unix_seconds now) {
  auto first = token.find('.');
  auto second = token.rfind('.');
  if (token.size() > max_token || first == token.npos || first == second ||
      token.find('.', first + 1) != second || secret.empty())
    return base::failure{jwt_error::malformed};
  auto header = object_of(token.substr(0, first));
  auto given = base::from_base64url(token.substr(second + 1));
  if (!header || !given)
    return base::failure{jwt_error::malformed};
  const auto* algorithm = header->string("alg");
  if (algorithm == nullptr || *algorithm != "HS256" || header->has("crit"))
    return base::failure{jwt_error::algorithm};
  auto mac = base::hmac_sha256(base::as_bytes(secret), base::as_bytes(token.substr(0, second)));
  if (!base::equal_constant_time(*given, mac))
    return base::failure{jwt_error::signature};
  auto claims = object_of(token.substr(first + 1, second - first - 1));
  if (!claims)
    return base::failure{jwt_error::malformed};
  return in_force(std::move(*claims), now);
}

std::string make_livekit_token(const livekit_grant& grant, std::string_view api_key,
                               std::string_view api_secret) {
  json::writer payload;
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
  return sign_jwt(payload.done(), api_secret);
}

} // namespace catchup::http
