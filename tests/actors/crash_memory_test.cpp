#define CAF_SUITE crash_memory
#include "actors/crash_memory.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::actors;

namespace {

base::room_tag tag(int n) {
  base::room_tag out;
  out.value.fill(static_cast<std::byte>(n));
  return out;
}

} // namespace

TEST(a room is remembered with how often it crashed and the last reason) {
  crash_memory m{3};
  CHECK(m.find(tag(1)) == nullptr);
  m.note(tag(1), "first");
  m.note(tag(2), "other");
  m.note(tag(1), "second");
  REQUIRE(m.find(tag(1)) != nullptr);
  CHECK_EQUAL(m.find(tag(1))->times, 2u);
  CHECK_EQUAL(m.find(tag(1))->last_error, "second");
  CHECK_EQUAL(m.find(tag(2))->times, 1u);
}

TEST(the oldest is forgotten for a new one and not for one that is known) {
  crash_memory m{3};
  for (int i = 1; i <= 3; ++i)
    m.note(tag(i), "x");
  m.note(tag(3), "again");
  CHECK(m.find(tag(1)) != nullptr);
  m.note(tag(4), "x");
  CHECK(m.find(tag(1)) == nullptr);
  for (int i = 2; i <= 4; ++i)
    CHECK(m.find(tag(i)) != nullptr);
}
