#define CAF_SUITE crypto
#include "base/crypto.hpp"

#include "base/encoding.hpp"
#include "support/test.hpp"

using namespace catchup::base;

TEST(HKDF gives the output of RFC 5869 appendix A) {
  auto key = buffer(22, std::byte{0x0b});
  auto salt = *from_hex("000102030405060708090a0b0c");
  auto info = *from_hex("f0f1f2f3f4f5f6f7f8f9");
  CHECK_EQUAL(
      to_hex(hkdf_sha256(key, salt, info, 42)),
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  CHECK_EQUAL(
      to_hex(hkdf_sha256(key, {}, {}, 42)),
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(HMAC gives the output of RFC 2202 and RFC 4231) {
  CHECK_EQUAL(to_hex(hmac_sha1(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK_EQUAL(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(secrets of different purposes or roots differ) {
  CHECK(derive_secret("root", "a") != derive_secret("root", "b"));
  CHECK(derive_secret("root", "a") != derive_secret("other", "a"));
  CHECK(derive_secret("root", "a") == derive_secret("root", "a"));
}
