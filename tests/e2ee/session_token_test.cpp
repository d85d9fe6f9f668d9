#define CAF_SUITE session_token
#include "e2ee/session_token.hpp"

#include "base/encoding.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::e2ee;

namespace {

const base::buffer key(32, std::byte{7});
constexpr base::unix_seconds now = 1'790'000'000;

session example() {
  session s;
  s.tag.value.fill(std::byte{0xaa});
  s.member.value.fill(std::byte{0xbb});
  s.expires = now + session_life;
  return s;
}

} // namespace

TEST(a token reads back to the session it was made for) {
  auto text = make_session_token(example(), key);
  CHECK_EQUAL(text.size(), session_token_length);
  auto back = parse_session_token(text, key, now);
  REQUIRE(back);
  CHECK(*back == example());
}

TEST(a token is good until its last second and no longer) {
  auto text = make_session_token(example(), key);
  CHECK(parse_session_token(text, key, now + session_life - 1));
  CHECK(!parse_session_token(text, key, now + session_life));
}

TEST(the last second that fits a token is kept) {
  auto s = example();
  s.expires = 0xffffffff;
  auto back = parse_session_token(make_session_token(s, key), key, now);
  REQUIRE(back);
  CHECK_EQUAL(back->expires, 0xffffffff);
}

TEST(a token of another server is refused) {
  base::buffer other(32, std::byte{8});
  CHECK(!parse_session_token(make_session_token(example(), other), key, now));
}

TEST(no single changed bit goes unnoticed) {
  auto bytes = *base::from_base64url(make_session_token(example(), key));
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    auto bad = bytes;
    bad[i / 8] ^= static_cast<std::byte>(1 << (i % 8));
    CHECK(!parse_session_token(base::to_base64url(bad), key, now));
  }
}

TEST(text that is cut off too long or in other characters is refused) {
  auto text = make_session_token(example(), key);
  for (std::size_t n = 0; n < text.size(); ++n)
    CHECK(!parse_session_token(std::string_view{text}.substr(0, n), key, now));
  CHECK(!parse_session_token(text + "A", key, now));
  auto bad = text;
  bad[10] = '+';
  CHECK(!parse_session_token(bad, key, now));
  auto respelled = text; // the same bytes with a spare bit set
  respelled.back() = static_cast<char>(respelled.back() + 1);
  CHECK(!parse_session_token(respelled, key, now));
}
