#define CAF_SUITE http_counting
#include "base/token_bucket.hpp"
#include "http/connection_quota.hpp"

#include "support/test.hpp"

#include <vector>

using namespace catchup;
using namespace catchup::http;
using namespace std::chrono_literals;

namespace {

const base::time_point start{std::chrono::hours{1}};

} // namespace

TEST(a bucket gives its burst and then its rate) {
  base::token_bucket b{50, 200, start};
  int taken = 0;
  while (b.take(start))
    ++taken;
  CHECK_EQUAL(taken, 200);
  CHECK(!b.take(start + 19ms));
  CHECK(b.take(start + 20ms));
  CHECK(!b.take(start + 20ms));
}

TEST(a bucket never holds more than its burst) {
  base::token_bucket b{50, 200, start};
  CHECK(b.take(start + std::chrono::hours{1}, 200));
  CHECK(!b.take(start + std::chrono::hours{1}));
}

TEST(what does not fit into a bucket takes nothing) {
  base::token_bucket b{1, 10, start};
  CHECK(!b.take(start, 11));
  CHECK(b.take(start, 10));
}

TEST(a clock that goes back gives nothing) {
  base::token_bucket b{1, 1, start};
  CHECK(b.take(start));
  CHECK(!b.take(start - 1h));
  CHECK(!b.take(start + 999ms));
  CHECK(b.take(start + 1s));
}

TEST(sockets that are not admitted are limited by source) {
  connection_quota c{{100, 10, 3}};
  std::vector<connection_quota::slot> slots;
  for (int i = 0; i < 3; ++i)
    slots.push_back(c.enter("a"));
  CHECK(!c.enter("a"));
  CHECK(c.enter("b"));
  slots[0].admit();
  slots[0].admit(); // counts once
  auto fourth = c.enter("a");
  CHECK(fourth);
  CHECK(!c.enter("a"));
}

TEST(sockets are limited by source and in total) {
  connection_quota c{{5, 3, 3}};
  std::vector<connection_quota::slot> slots;
  auto admitted = [&](const char* source) {
    slots.push_back(c.enter(source));
    slots.back().admit();
    return static_cast<bool>(slots.back());
  };
  for (int i = 0; i < 3; ++i)
    CHECK(admitted("a"));
  CHECK(!admitted("a"));
  CHECK(admitted("b"));
  CHECK(admitted("c"));
  CHECK(!admitted("d"));
  CHECK_EQUAL(c.total(), 5u);
}

TEST(a place is free again when its slot ends) {
  connection_quota c{{1, 1, 1}};
  {
    auto t = c.enter("a");
    auto moved = std::move(t);
    CHECK(moved);
    CHECK_EQUAL(c.total(), 1u);
    moved = {};
    CHECK_EQUAL(c.total(), 0u);
    moved = c.enter("a");
    CHECK(moved);
    moved.admit();
  }
  CHECK_EQUAL(c.total(), 0u);
  auto t = c.enter("b");
  CHECK(t);
  t.release();
  t.release();
  CHECK_EQUAL(c.total(), 0u);
}
