#define CAF_SUITE link_keys
#include "e2ee/link_keys.hpp"

#include "e2ee/sealed.hpp"
#include "support/test.hpp"

#include <set>

using namespace catchup;
using namespace catchup::e2ee;

namespace {

const link_secret secret{std::byte{1}, std::byte{2}, std::byte{3}};
const link_keys keys = derive_link_keys(secret);

base::member_id member(int i) {
  base::member_id out;
  out.value.fill(static_cast<std::byte>(i));
  return out;
}

} // namespace

TEST(a fragment is the version digit - a dot and 32 characters) {
  auto text = format_fragment(secret);
  CHECK_EQUAL(text.size(), 34u);
  CHECK(parse_fragment(text) == secret);
  CHECK(!parse_fragment(""));
  CHECK(!parse_fragment("2" + text.substr(1)));
  CHECK(!parse_fragment("#" + text));
  CHECK(!parse_fragment(text + "A"));
  for (std::size_t n = 0; n < text.size(); ++n)
    CHECK(!parse_fragment(text.substr(0, n)));
}

TEST(every purpose has a key of its own) {
  std::set<key256> all{keys.prk,       keys.admission_seed, keys.admission_public,
                       keys.lobby_key, keys.signal_key,     keys.media_root};
  CHECK_EQUAL(all.size(), 6u);
}

TEST(a sender key is that of one member in one membership) {
  join_nonce a{std::byte{1}}, b{std::byte{2}};
  auto key = interim_sender_key(keys.media_root, a, member(1));
  CHECK(key == interim_sender_key(keys.media_root, a, member(1)));
  CHECK(key != interim_sender_key(keys.media_root, b, member(1)));
  CHECK(key != interim_sender_key(keys.media_root, a, member(2)));
  CHECK(key != interim_sender_key(keys.signal_key, a, member(1)));
}

TEST(a key package of another kind or length is not an interim one) {
  auto package = make_key_package(join_nonce{std::byte{9}});
  CHECK(parse_key_package(package) == join_nonce{std::byte{9}});
  for (std::size_t n = 0; n < package.size(); ++n)
    CHECK(!parse_key_package(base::const_bytes{package}.first(n)));
  package[0] = std::byte{1};
  CHECK(!parse_key_package(package));
}

TEST(a sealed name opens for its room and member only) {
  base::room_tag tag, other;
  other.value[0] = std::byte{1};
  auto sealed = seal_lobby(keys.lobby_key, iv96{}, "Ada", tag, member(1));
  CHECK(open_lobby(keys.lobby_key, sealed, tag, member(1)) == "Ada");
  CHECK(!open_lobby(keys.lobby_key, sealed, other, member(1)));
  CHECK(!open_lobby(keys.lobby_key, sealed, tag, member(2)));
  CHECK(!open_lobby(keys.signal_key, sealed, tag, member(1)));
  for (std::size_t n = 0; n < sealed.size(); ++n)
    CHECK(!open_lobby(keys.lobby_key, base::const_bytes{sealed}.first(n), tag, member(1)));
}

TEST(a sealed signal opens for its direction and these memberships only) {
  signal_route route{member(1), join_nonce{std::byte{1}}, member(2), join_nonce{std::byte{2}}};
  signal_route back{route.to, route.to_nonce, route.from, route.from_nonce};
  auto again = route;
  again.from_nonce[0] = std::byte{3};
  auto text = base::as_bytes("hello");
  auto sealed = seal_signal(keys.signal_key, iv96{}, text, route);
  auto opened = open_signal(keys.signal_key, sealed, route);
  REQUIRE(opened);
  CHECK(base::equal(*opened, text));
  CHECK(!open_signal(keys.signal_key, sealed, back));
  CHECK(!open_signal(keys.signal_key, sealed, again));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto bad = sealed;
    bad[i] ^= std::byte{0x10};
    CHECK(!open_signal(keys.signal_key, bad, route));
  }
}
