#define CAF_SUITE http_jwt
#include "http/jwt.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "support/test.hpp"

using namespace catchup;

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
