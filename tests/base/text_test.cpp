#define CAF_SUITE base_text
#include "base/text.hpp"

#include "support/test.hpp"

using namespace catchup::base;
using namespace catchup::test;

TEST(capitals become small letters and other bytes stay) {
  CHECK_EQUAL(lower("Call.TEST-[Z]@{"), "call.test-[z]@{");
  CHECK_EQUAL(lower("\xc3\x84"), "\xc3\x84");
}

TEST(a port is a number from 1 to 65535) {
  CHECK_EQUAL(parse_port("1").value_or(0), 1);
  CHECK_EQUAL(parse_port("65535").value_or(0), 65'535);
  for (auto bad : {"", "0", "65536", "-1", "+1", " 1", "1 ", "0x1", "1.0", "http"})
    CHECK(!parse_port(bad));
}
