#define CAF_SUITE encoding
#include "base/encoding.hpp"

#include "support/test.hpp"

using namespace catchup::base;

TEST(the RFC 4648 vectors of base32 and base64 hold) {
  CHECK_EQUAL(to_base32(as_bytes("foobar")), "mzxw6ytboi");
  CHECK_EQUAL(to_base64(as_bytes("fooba")), "Zm9vYmE=");
  CHECK_EQUAL(to_base64url(as_bytes("\xfb\xff")), "-_8");
  CHECK_EQUAL(to_hex(as_bytes("\x01\xaf")), "01af");
}

TEST(what was encoded decodes to itself at every length) {
  buffer in;
  for (int i = 0; i < 70; ++i) {
    CHECK(from_hex(to_hex(in)) == in);
    CHECK(from_base32(to_base32(in)) == in);
    CHECK(from_base64url(to_base64url(in)) == in);
    in.push_back(static_cast<std::byte>(i * 37));
  }
}

TEST(a value has one spelling only) {
  CHECK(!from_base64url("Zm8="));   // padding
  CHECK(!from_base64url("Zm9"));    // spare bits set
  CHECK(!from_base64url("Z"));      // half a byte
  CHECK(!from_base64url("Zm+v"));   // the other alphabet
  CHECK(!from_base32("MZXW6"));     // upper case
  CHECK(!from_base32("mzxw6ytbo")); // a digit too few
  CHECK(!from_hex("abc"));
}
