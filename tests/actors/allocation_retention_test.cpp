#define CAF_SUITE allocation_retention
#include "actors/allocation_retention.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

using users = std::vector<std::string>;

struct fixture {
  allocation_retention all{30s};
  base::time_point start{1000s};

  bool ends(base::duration at, const std::string& user, membership_change change, bool has = true) {
    return all.note(start + at, user, change, has);
  }
  users over(base::duration at) { return all.take_expired(start + at); }
};

} // namespace

FIXTURE_SCOPE(allocation_retention_tests, fixture)

TEST(allocations end with a membership that ends for good) {
  CHECK(!ends(0s, "alice", membership_change::joined));
  CHECK(ends(1s, "alice", membership_change::ended));
  CHECK_EQUAL(all.size(), 0u);
}

TEST(after a failure it goes on for the time of grace) {
  ends(0s, "alice", membership_change::joined);
  CHECK(!ends(1s, "alice", membership_change::may_return));
  CHECK(all.deadline() == start + 31s);
  CHECK(over(31s - 1ns).empty());
  CHECK_EQUAL(over(31s), users{"alice"});
  CHECK(over(99s).empty());
  CHECK(all.deadline() == base::time_point::max());
}

TEST(a member that is back in time keeps its allocations) {
  ends(0s, "alice", membership_change::joined);
  ends(1s, "alice", membership_change::may_return);
  ends(20s, "alice", membership_change::joined);
  CHECK(over(999s).empty());
  CHECK(ends(1000s, "alice", membership_change::ended));
}

TEST(a second membership that began before the first was gone keeps it) {
  ends(0s, "alice", membership_change::joined);
  ends(1s, "alice", membership_change::joined);
  CHECK(!ends(1s, "alice", membership_change::may_return));
  CHECK(over(999s).empty());
  CHECK(ends(1000s, "alice", membership_change::ended));
}

TEST(a user without allocations is not remembered) {
  CHECK(!ends(0s, "alice", membership_change::may_return, false));
  CHECK(!ends(0s, "alice", membership_change::ended, false));
  CHECK_EQUAL(all.size(), 0u);
}

TEST(an end for good cuts the time of grace short) {
  ends(0s, "alice", membership_change::joined);
  ends(1s, "alice", membership_change::may_return);
  CHECK(ends(2s, "alice", membership_change::ended));
  CHECK_EQUAL(all.size(), 0u);
}

TEST(each has a time of their own) {
  for (auto user : {"alice", "bob"})
    ends(0s, user, membership_change::joined);
  ends(1s, "alice", membership_change::may_return);
  ends(5s, "bob", membership_change::may_return);
  CHECK_EQUAL(over(32s), users{"alice"});
  CHECK(all.deadline() == start + 35s);
  CHECK_EQUAL(over(35s), users{"bob"});
}

FIXTURE_SCOPE_END()
