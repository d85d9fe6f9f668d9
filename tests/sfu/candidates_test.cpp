#define CAF_SUITE sfu_candidates
#include "sfu/ice/candidates.hpp"

#include "support/test.hpp"

using namespace catchup;

namespace {

base::endpoint at(const char* ip) { return {*base::ip_address::parse(ip), 3478}; }

} // namespace

TEST(an address is a candidate over UDP and as passive TCP after it) {
  std::vector<base::endpoint> one{at("192.0.2.9")};
  auto out = sfu::ice::host_candidates(one, true);
  REQUIRE_EQUAL(out.size(), 2u);
  CHECK_EQUAL(out[0], "1 1 udp 2130706431 192.0.2.9 3478 typ host");
  CHECK_EQUAL(out[1], "2 1 tcp 2124414975 192.0.2.9 3478 typ host tcptype passive");
}

TEST(without TCP there is none and later addresses come after earlier ones) {
  std::vector<base::endpoint> two{at("2001:db8::9"), at("192.0.2.9")};
  auto out = sfu::ice::host_candidates(two, false);
  REQUIRE_EQUAL(out.size(), 2u);
  CHECK_EQUAL(out[0], "1 1 udp 2130706431 2001:db8::9 3478 typ host");
  CHECK_EQUAL(out[1], "2 1 udp 2130706175 192.0.2.9 3478 typ host");
}
