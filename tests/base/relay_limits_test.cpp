#define CAF_SUITE relay_limits
#include "base/relay_limits.hpp"

#include "support/test.hpp"

using namespace catchup::base;

TEST(nothing said leaves every limit as it is) {
  for (auto text : {"", " ", ",", " , "})
    CHECK(*parse_relay_limits(text) == relay_limits{});
}

TEST(a limit that is named changes and the others stay) {
  auto out = parse_relay_limits("user=4, mbit = 0 ,all_mbit=900");
  REQUIRE(out);
  relay_limits expected;
  expected.user = 4;
  expected.mbit = 0;
  expected.all_mbit = 900;
  CHECK(*out == expected);
}

TEST(what is said of the limits can be set) {
  relay_limits l;
  l.packets = 7;
  l.source_connections = 9;
  CHECK(*parse_relay_limits(describe(l)) == l);
}

TEST(a wrong limit is refused with what is allowed) {
  for (auto text : {"user", "user=", "user=0", "user=16385", "user=-1", "user=1x", "users=1", "=1",
                    "mbit=1000001", "user=99999999999999"})
    CHECK(!parse_relay_limits(text));
  CHECK(parse_relay_limits("mbits=1").error().find("mbit, all_packets") != std::string::npos);
  CHECK_EQUAL(std::string{parse_relay_limits("user=0").error()},
              "for user a whole number from 1 to 16384");
}
