#define CAF_SUITE credentials
#include "turn/credentials.hpp"

#include "base/encoding.hpp"
#include "support/test.hpp"
#include "turn/nonce.hpp"

using namespace catchup;
using namespace catchup::turn;
using namespace std::chrono_literals;

namespace {

base::endpoint at(std::string_view ip, std::uint16_t port) {
  return {*base::ip_address::parse(ip), port};
}

constexpr base::unix_seconds t0 = 1'700'000'000;

} // namespace

TEST(the password is the MAC of the user name under the secret) {
  auto c = make_credentials("s3cr3t", "alice", 1700000000);
  CHECK_EQUAL(c.username, "1700000000:alice");
  // printf 1700000000:alice | openssl dgst -sha1 -hmac s3cr3t -binary | base64
  CHECK_EQUAL(c.password, "81mjszbESz91Gv1n2xG/SVLX+uY=");
}

TEST(the key is the MD5 of the three parts) {
  // RFC 2617 uses the same form: user:realm:pass (RFC 8489 §9.2.2).
  CHECK_EQUAL(base::to_hex(make_key("user", "realm", "pass")), "8493fbc53ba582fb4c044c456bdc40eb");
}

TEST(a user name splits into expiry and user) {
  auto i = parse_username("1700000000:alice:phone");
  REQUIRE(i);
  CHECK_EQUAL(i->expiry, 1700000000);
  CHECK_EQUAL(i->user, "alice:phone");
  for (auto text : {"1700000000", "1700000000:"}) {
    auto nobody = parse_username(text);
    REQUIRE(nobody);
    CHECK_EQUAL(nobody->expiry, 1700000000);
    CHECK_EQUAL(nobody->user, "");
  }
}

TEST(a user name without a plain number in front is nobody) {
  for (auto text : {"", ":", ":alice", "alice", " 1700000000:a", "-1:a", "+1:a", "1x:a", "0x1:a",
                    "100000000000000000000:a", "1700000000 :a"})
    CHECK(!parse_username(text));
}

TEST(a nonce holds for its client until it expires) {
  nonce_maker nonces{"secret", 600s};
  auto client = at("192.0.2.1", 4000);
  auto n = nonces.make(client, t0, false);
  CHECK_EQUAL(n.size(), 16u);
  CHECK(nonces.valid(n, client, t0));
  CHECK(nonces.valid(n, client, t0 + 599));
  CHECK(!nonces.valid(n, client, t0 + 600));
}

TEST(a nonce is worth nothing to another address or port) {
  nonce_maker nonces{"secret", 600s};
  auto n = nonces.make(at("192.0.2.1", 4000), t0, false);
  CHECK(!nonces.valid(n, at("192.0.2.1", 4001), t0));
  CHECK(!nonces.valid(n, at("192.0.2.2", 4000), t0));
  CHECK(!nonces.valid(n, at("2001:db8::1", 4000), t0));
}

TEST(a nonce survives a restart with the same secret and only that) {
  auto client = at("2001:db8::1", 4000);
  auto n = nonce_maker{"secret", 600s}.make(client, t0, false);
  CHECK((nonce_maker{"secret", 600s}.valid(n, client, t0)));
  CHECK(!(nonce_maker{"other", 600s}.valid(n, client, t0)));
}

TEST(the cookie of a nonce has the bit of password algorithms and cannot be taken off or put on) {
  nonce_maker nonces{"secret", 600s};
  auto client = at("192.0.2.1", 4000);
  auto n = nonces.make(client, t0, true);
  // RFC 8489 §18.1: bit 0 is the leftmost of the 24, 0x800000 is "gAAA" in base64.
  CHECK(n.starts_with("obMatJos2gAAA"));
  CHECK_EQUAL(n.size(), 29u);
  CHECK(nonces.valid(n, client, t0));
  CHECK(!nonces.valid(n.substr(nonce_cookie.size()), client, t0));
  auto bare = nonces.make(client, t0, false);
  CHECK(nonces.valid(bare, client, t0));
  CHECK(!nonces.valid(std::string{nonce_cookie} + bare, client, t0));
  CHECK(!nonces.valid("obMatJos2wAAA" + n.substr(nonce_cookie.size()), client, t0));
}

TEST(a key of SHA 256 is the hash of the same text) {
  CHECK_EQUAL(base::to_hex(make_key("user", "realm", "pass", password_algorithm::sha256)),
              base::to_hex(base::sha256(base::as_bytes("user:realm:pass"))));
}

TEST(a changed nonce is not valid) {
  nonce_maker nonces{"secret", 600s};
  auto client = at("192.0.2.1", 4000);
  auto n = nonces.make(client, t0, false);
  for (std::size_t i = 0; i < n.size(); ++i) {
    auto bad = n;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    CHECK(!nonces.valid(bad, client, t0));
  }
  CHECK(!nonces.valid("", client, t0));
  CHECK(!nonces.valid(n + "A", client, t0));
}
