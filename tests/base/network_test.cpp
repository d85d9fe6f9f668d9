#define CAF_SUITE network
#include "base/network.hpp"

#include "support/test.hpp"

using namespace catchup::base;

namespace {

bool holds(std::string_view range, std::string_view address) {
  auto n = network::parse(range);
  auto a = ip_address::parse(address);
  REQUIRE(n && a);
  return n->contains(*a);
}

} // namespace

TEST(a range holds what begins with its bits) {
  CHECK(holds("10.0.0.0/8", "10.255.0.1"));
  CHECK(!holds("10.0.0.0/8", "11.0.0.1"));
  CHECK(holds("192.0.2.128/25", "192.0.2.128"));
  CHECK(holds("192.0.2.128/25", "192.0.2.255"));
  CHECK(!holds("192.0.2.128/25", "192.0.2.127"));
  CHECK(holds("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK(!holds("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(a range without bits is every address of its family) {
  CHECK(holds("0.0.0.0/0", "203.0.113.9"));
  CHECK(!holds("0.0.0.0/0", "::1"));
  CHECK(holds("::/0", "2001:db8::1"));
  CHECK(!holds("::/0", "127.0.0.1"));
}

TEST(an address alone is a range of one) {
  CHECK(holds("192.0.2.7", "192.0.2.7"));
  CHECK(!holds("192.0.2.7", "192.0.2.6"));
  CHECK_EQUAL(network::parse("192.0.2.7")->to_string(), "192.0.2.7/32");
  CHECK_EQUAL(network::parse("2001:DB8::1")->to_string(), "2001:db8::1/128");
}

TEST(an IPv4 address in IPv6 clothes is in the IPv4 range) {
  CHECK(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
}

TEST(what is no range is refused) {
  for (auto text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                    "10.0.0.0/ 8", "10.0.0.0/8/8", "10.0.0/8", "::/129", "[::1]/128", "any",
                    "::ffff:10.0.0.0/104", "10.0.0.0/99999999999999999999"})
    CHECK(!network::parse(text));
}

TEST(bits behind the prefix are refused) {
  CHECK(!network::parse("10.0.0.1/8"));
  CHECK(!network::parse("192.0.2.64/25"));
  CHECK(!network::parse("2001:db8::1/32"));
}
