#define CAF_SUITE app_arguments
#include "app/arguments.hpp"

#include "support/test.hpp"

#include <vector>

using namespace catchup;
using namespace catchup::app;
using namespace catchup::test;

namespace {

auto parsed(std::vector<std::string_view> in) { return parse_arguments(in); }

constexpr std::string_view unknown = "unknown arguments; see catchup --help";

} // namespace

TEST(without arguments the program serves) { CHECK(*parsed({}) == arguments{}); }

TEST(each task has one word) {
  CHECK(parsed({"--check-config"})->what == task::check_config);
  CHECK(parsed({"doctor"})->what == task::doctor);
  CHECK(parsed({"health"})->what == task::health);
  CHECK(parsed({"probe"})->what == task::probe);
  CHECK(parsed({"--help"})->what == task::help);
  CHECK(parsed({"--version"})->what == task::version);
}

TEST(other words and further ones are refused) {
  for (auto word : {"serve", "-h", "Doctor", "--check-config=1"})
    CHECK_EQUAL(parsed({word}).error(), unknown);
  CHECK_EQUAL(parsed({"health", "now"}).error(), unknown);
  CHECK_EQUAL(parsed({"", "x"}).error(), unknown);
}

TEST(the doctor takes no port or both) {
  CHECK((*parsed({"doctor"}) == arguments{task::doctor, 443, 80}));
  CHECK((*parsed({"doctor", "8443", "8080"}) == arguments{task::doctor, 8443, 8080}));
  CHECK_EQUAL(parsed({"doctor", "8443"}).error(), unknown);
  CHECK_EQUAL(parsed({"doctor", "1", "2", "3"}).error(), unknown);
  for (auto bad : {"0", "65536", "https", ""})
    CHECK_EQUAL(parsed({"doctor", bad, "80"}).error(),
                "doctor takes two ports, of https and of http");
}

TEST(the help names every task) {
  for (auto word : {"--check-config", "doctor", "health", "probe", "--help", "--version"})
    CHECK(usage().find(word) != usage().npos);
}
