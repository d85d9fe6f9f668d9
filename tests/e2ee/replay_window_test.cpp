#define CAF_SUITE replay_window
#include "tests/support/sframe/replay_window.hpp"

#include "support/test.hpp"

#include <limits>

using catchup::e2ee::replay_window;
using verdict = catchup::e2ee::replay_window::verdict;

namespace {

struct window {
  replay_window w;

  bool take(std::uint64_t ctr) {
    if (w.check(ctr) != verdict::fresh)
      return false;
    w.accept(ctr);
    return true;
  }
};

} // namespace

FIXTURE_SCOPE(replay_window_tests, window)

TEST(a counter is taken once) {
  CHECK(take(5));
  CHECK(w.check(5) == verdict::replayed);
  CHECK(take(6));
  CHECK(w.check(5) == verdict::replayed);
}

TEST(asking alone changes nothing) {
  CHECK(take(5));
  CHECK(w.check(900) == verdict::fresh);
  CHECK(w.check(900) == verdict::fresh);
  CHECK(take(4));
}

TEST(frames that overtook each other are all taken - whatever their order) {
  for (auto ctr : {3u, 1u, 2u, 0u, 9u, 7u, 8u})
    CHECK(take(ctr));
  for (auto ctr : {0u, 1u, 2u, 3u, 7u, 8u, 9u})
    CHECK(w.check(ctr) == verdict::replayed);
  CHECK(w.check(5) == verdict::fresh);
}

TEST(the window is 1024 wide) {
  CHECK(take(5000));
  CHECK(w.check(5000 - 1023) == verdict::fresh);
  CHECK(w.check(5000 - 1024) == verdict::too_old);
  CHECK(take(5000 - 1023));
  CHECK(take(5001));
  CHECK(w.check(5000 - 1023) == verdict::too_old);
}

TEST(a jump over the whole window forgets nothing that still counts) {
  CHECK(take(10));
  CHECK(take(10 + 1023));
  CHECK(w.check(10) == verdict::replayed);
  CHECK(take(10 + 1024));
  CHECK(w.check(10) == verdict::too_old);
  CHECK(w.check(10 + 1023) == verdict::replayed);
  CHECK(take(10 + 5000));
  CHECK(w.check(10 + 4999) == verdict::fresh);
}

TEST(a sender starts anywhere but does not jump further than 2 ^ 20) {
  CHECK(take(1'000'000'000'000));
  CHECK(w.check(1'000'000'000'000 + (1u << 20)) == verdict::fresh);
  CHECK(w.check(1'000'000'000'001 + (1u << 20)) == verdict::too_far);
}

TEST(the end of the numbers is no special place) {
  constexpr auto last = std::numeric_limits<std::uint64_t>::max();
  CHECK(take(last - 1));
  CHECK(take(last));
  CHECK(w.check(last) == verdict::replayed);
  CHECK(w.check(0) == verdict::too_old);
  CHECK(take(last - 1023));
}

FIXTURE_SCOPE_END()
