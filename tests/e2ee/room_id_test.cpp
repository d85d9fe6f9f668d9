#define CAF_SUITE room_id
#include "e2ee/room_id.hpp"

#include "base/encoding.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::e2ee;

namespace {

constexpr base::unix_seconds day = 86'400;

const base::buffer key(32, std::byte{7});
const base::buffer adm_pk(32, std::byte{1});
const base::buffer host_pk(32, std::byte{2});

room_id id_until(std::uint16_t last_day) { return {make_room_tag(adm_pk, {}, {}), last_day}; }

room_error why(std::string_view text, base::unix_seconds now = 0) {
  auto id = parse_room_id(text, key, now);
  REQUIRE(!id);
  return id.error();
}

} // namespace

TEST(a room id is forty characters that read back to what they were made of) {
  auto id = id_until(20500);
  auto text = format_room_id(id, key);
  CHECK_EQUAL(text.size(), room_id_length);
  auto back = parse_room_id(text, key, 20000 * day);
  REQUIRE(back);
  CHECK(*back == id);
}

TEST(a link works until the last second of its last day) {
  auto text = format_room_id(id_until(20500), key);
  CHECK(parse_room_id(text, key, 20501 * day - 1));
  CHECK(why(text, 20501 * day) == room_error::expired);
}

TEST(a clock before 1970 or after the last day of u16 is clamped) {
  CHECK_EQUAL(day_of(-5 * day), 0u);
  CHECK_EQUAL(day_of(70000 * day), 65535u);
  CHECK(parse_room_id(format_room_id(id_until(0), key), key, -1));
}

TEST(an id made by another server is forged and so is one with an end moved) {
  auto text = format_room_id(id_until(20500), key);
  base::buffer other(32, std::byte{8});
  auto parsed = parse_room_id(text, other, 0);
  REQUIRE(!parsed);
  CHECK(parsed.error() == room_error::forged);

  auto bytes = *base::from_base32(text);
  bytes[13] = std::byte{0xff};
  CHECK(why(base::to_base32(bytes)) == room_error::forged);
}

TEST(a forged id is called forged even when it is also expired) {
  auto bytes = *base::from_base32(format_room_id(id_until(1), key));
  bytes[24] ^= std::byte{1};
  CHECK(why(base::to_base32(bytes), 100 * day) == room_error::forged);
}

TEST(no single changed bit goes unnoticed) {
  auto bytes = *base::from_base32(format_room_id(id_until(20500), key));
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    auto bad = bytes;
    bad[i / 8] ^= static_cast<std::byte>(1 << (i % 8));
    CHECK(why(base::to_base32(bad)) == room_error::forged);
  }
}

TEST(ids that are cut off too long or in other characters are malformed) {
  auto text = format_room_id(id_until(20500), key);
  for (std::size_t n = 0; n < text.size(); ++n)
    CHECK(why(text.substr(0, n)) == room_error::malformed);
  CHECK(why(text + "a") == room_error::malformed);
  for (char c : {'A', '0', '1', '8', '=', '/', ' ', '\0', '\xc3'}) {
    auto bad = text;
    bad[20] = c;
    CHECK(why(bad) == room_error::malformed);
  }
}

TEST(the tag depends on each key and on the policy wherever a boundary lies) {
  auto plain = make_room_tag(adm_pk, {}, {});
  CHECK(plain != make_room_tag(host_pk, {}, {}));
  CHECK(plain != make_room_tag(adm_pk, host_pk, {}));
  CHECK(plain != make_room_tag(adm_pk, {}, host_pk));
  CHECK(make_room_tag(adm_pk, host_pk, {}) != make_room_tag(adm_pk, {}, host_pk));
}
