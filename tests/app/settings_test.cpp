#define CAF_SUITE app_settings
#include "app/settings.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::app;
using namespace catchup::test;

namespace {

base::config config() {
  base::config out;
  out.turn_secret = "a secret of the tests";
  out.domain = "call.test";
  return out;
}

} // namespace

TEST(the keys of the site follow from the secret and differ from each other) {
  auto one = site_settings(config()), again = site_settings(config());
  CHECK(one.room_mac_key == again.room_mac_key);
  CHECK(one.session_key == again.session_key);
  CHECK(one.room_mac_key != one.session_key);
  auto c = config();
  c.turn_secret = "another secret";
  CHECK(site_settings(c).room_mac_key != one.room_mac_key);
}

TEST(every start is another incarnation that JavaScript can count) {
  auto one = site_settings(config()).incarnation, two = site_settings(config()).incarnation;
  CHECK(one != two);
  CHECK(one < std::uint64_t{1} << 53);
}

TEST(browsers are told of TLS where the relay has a certificate) {
  auto c = config();
  CHECK(!site_settings(c).turn_tls);
  c.turn_cert = "/a/folder";
  CHECK(site_settings(c).turn_tls);
}

TEST(megabits of the settings are bytes of the relay) {
  auto c = config();
  c.relay_limits.mbit = 8;
  c.relay_limits.all_mbit = 80;
  auto limits = turn_settings(c).limits;
  CHECK_EQUAL(limits.allocation.bytes, 1'000'000u);
  CHECK_EQUAL(limits.all.bytes, 10'000'000u);
  CHECK_EQUAL(turn_settings(c).secret, c.turn_secret);
}

TEST(the relay has an address of the other family when one is set) {
  auto v4 = *base::ip_address::parse("192.0.2.1"), v6 = *base::ip_address::parse("2001:db8::1");
  auto c = config();
  CHECK((relay_addresses(c, v4).public_ips == std::vector{v4}));
  c.public_ip_too = v6;
  CHECK((relay_addresses(c, v4).public_ips == std::vector{v4, v6}));
}
