#define CAF_SUITE http_jwt
#include "http/jwt.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "support/test.hpp"

using namespace catchup;
using http::jwt_error;

namespace {

/// A token with any header, signed as HS256.
std::string token_of(std::string_view header, std::string_view payload,
                     std::string_view secret = "secret") {
  auto text = base::to_base64url(base::as_bytes(header)) + '.' +
              base::to_base64url(base::as_bytes(payload));
  auto mac = base::hmac_sha256(base::as_bytes(secret), base::as_bytes(text));
  return text + '.' + base::to_base64url(mac);
}

constexpr std::string_view plain = R"({"alg":"HS256"})";
constexpr base::unix_seconds now = 1'800'000'000;
constexpr std::string_view good = R"({"exp":1800000100,"video":{"room":"r"}})";

std::optional<jwt_error> refusal(std::string_view token, std::string_view secret = "secret",
                                 base::unix_seconds at = now) {
  auto claims = http::verify_jwt(token, secret, at);
  return claims ? std::nullopt : std::optional{claims.error()};
}

} // namespace

TEST(a token says who may do what and is signed with the secret) {
  auto token = http::make_livekit_token({"room", "me", 1000}, "key", "secret");
  auto first = token.find('.'), second = token.rfind('.');
  REQUIRE(first != second);
  auto part = [&](std::size_t from, std::size_t to) {
    auto bytes = base::from_base64url(token.substr(from, to - from));
    return bytes ? std::string{base::as_text(*bytes)} : "";
  };
  CHECK_EQUAL(part(0, first), R"({"alg":"HS256","typ":"JWT"})");
  CHECK_EQUAL(part(first + 1, second),
              R"({"iss":"key","sub":"me","nbf":1000,"exp":22600,"video":{"room":"room",)"
              R"("roomJoin":true,"canPublish":true,"canSubscribe":true,"canPublishData":true}})");
  auto mac = base::hmac_sha256(base::as_bytes("secret"), base::as_bytes(token.substr(0, second)));
  CHECK_EQUAL(token.substr(second + 1), base::to_base64url(mac));
}

TEST(the claims of a good token are read with what is nested in them) {
  auto claims = http::verify_jwt(token_of(plain, good), "secret", now);
  REQUIRE(claims);
  REQUIRE(claims->inner("video"));
  CHECK_EQUAL(*claims->inner("video")->string("room"), "r");
  auto own = http::make_livekit_token({"room", "me", now}, "key", "secret");
  CHECK(!refusal(own));
}

TEST(the type in the header does not matter and the algorithm is pinned) {
  for (auto header : {R"({"alg":"HS256","typ":"JWT"})", R"({"typ":"at+jwt","alg":"HS256"})",
                      R"({"alg":"HS256","typ":7})"})
    CHECK(!refusal(token_of(header, good)));
  for (auto header :
       {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"alg":"hs256"})", R"({"alg":"RS256"})",
        R"({"alg":null})", R"({})", R"({"alg":"HS256","crit":["exp"]})"})
    CHECK(refusal(token_of(header, good)) == jwt_error::algorithm);
}

TEST(a token without its signature or with another one is refused) {
  auto token = token_of(plain, good);
  auto body = token.substr(0, token.rfind('.'));
  CHECK(refusal(body + '.') == jwt_error::signature);
  CHECK(refusal(token_of(plain, good, "other")) == jwt_error::signature);
  CHECK(refusal(token, "other") == jwt_error::signature);
  CHECK(refusal(token.substr(0, token.size() - 4)));
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK(refusal(changed));
  }
}

TEST(an empty secret signs nothing) {
  CHECK(refusal(token_of(plain, good, ""), "") == jwt_error::malformed);
}

TEST(a token counts until its end and from its beginning with a minute for clocks) {
  auto token = token_of(plain, R"({"exp":1800000000,"nbf":1799990000})");
  CHECK(!refusal(token, "secret", 1'800'000'000 + http::jwt_leeway - 1));
  CHECK(refusal(token, "secret", 1'800'000'000 + http::jwt_leeway) == jwt_error::expired);
  CHECK(!refusal(token, "secret", 1'799'990'000 - http::jwt_leeway));
  CHECK(refusal(token, "secret", 1'799'990'000 - http::jwt_leeway - 1) == jwt_error::early);
}

TEST(a token without an end or with times that are none is refused) {
  for (auto payload : {R"({})", R"({"exp":"1800000100"})", R"({"exp":null})", R"({"exp":-1})"})
    CHECK(refusal(token_of(plain, payload)) == jwt_error::expired);
  for (auto payload : {R"({"exp":1800000100,"nbf":"0"})", R"({"exp":1800000100,"nbf":-5})"})
    CHECK(refusal(token_of(plain, payload)) == jwt_error::early);
}

TEST(what is no token is malformed) {
  auto token = token_of(plain, good);
  for (auto text : {std::string{}, std::string{"."}, std::string{".."}, std::string{"a.b"},
                    std::string{"a.b.c"}, token + ".x", token + "=", ' ' + token,
                    token_of("[]", good), token_of(plain, "[]"), token_of(plain, "{"),
                    token_of(plain, R"({"exp":1800000100,"exp":1})"),
                    token_of(plain, R"({"exp":1800000100,"a":")" + std::string(9000, 'x') + "\"}")})
    CHECK(refusal(text) == jwt_error::malformed);
}
