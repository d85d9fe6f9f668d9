#define CAF_SUITE limiter
#include "actors/limiter.hpp"

#include "cast.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

struct limiter_cast : test::cast {
  limiter_actor limiter = spawn_limiter(*self, config());

  static limiter_config config() {
    limiter_config out;
    out.name = "create-room";
    out.requests = 8;
    out.max_sources = 3;
    return out;
  }

  msg::limit_decision spend(const std::string& source = "203.0.113.1") {
    return ask<msg::limit_decision>(limiter, msg::spend{endpoint_kind::create_room, source});
  }
};

} // namespace

FIXTURE_SCOPE(limiter_tests, limiter_cast)

TEST(eight requests a minute are allowed and the ninth waits for the window to end) {
  for (int i = 0; i < 8; ++i)
    CHECK(spend().allowed);
  auto ninth = spend();
  CHECK(!ninth.allowed);
  CHECK_EQUAL(ninth.retry_after_seconds, 60u);
}

TEST(an allowed request has nothing to wait for) { CHECK_EQUAL(spend().retry_after_seconds, 0u); }

TEST(the time to wait is rounded up to whole seconds) {
  for (int i = 0; i < 8; ++i)
    spend();
  advance(500ms);
  CHECK_EQUAL(spend().retry_after_seconds, 60u);
  advance(58s);
  CHECK_EQUAL(spend().retry_after_seconds, 2u);
  advance(1'499ms);
  CHECK_EQUAL(spend().retry_after_seconds, 1u);
  advance(1ms);
  CHECK(spend().allowed);
}

TEST(a full table refuses with a time to wait) {
  for (auto* source : {"a", "b", "c"})
    REQUIRE(spend(source).allowed);
  auto v = spend("d");
  CHECK(!v.allowed);
  CHECK_EQUAL(v.retry_after_seconds, 60u);
}

TEST(something too long to be an address is refused and not kept) {
  CHECK(!spend(std::string(65, 'x')).allowed);
  CHECK_EQUAL(counter(status_of(limiter, "limiter"), "sources"), 0u);
}

TEST(addresses do not stay in memory longer than their window) {
  spend("a");
  advance(30s);
  spend("b");
  advance(30s);
  CHECK_EQUAL(counter(status_of(limiter, "limiter"), "sources"), 1u);
  advance(30s);
  CHECK_EQUAL(counter(status_of(limiter, "limiter"), "sources"), 0u);
}

TEST(a limiter without sources has no timer) {
  spend();
  CHECK(sched.has_pending_timeout());
  advance(60s);
  CHECK(!sched.has_pending_timeout());
}

TEST(many sources need one timer) {
  for (auto* source : {"a", "b", "c"})
    spend(source);
  CHECK_EQUAL(sched.clock().advance_time(60s), 1u);
}

TEST(the status counts what was allowed and refused) {
  for (int i = 0; i < 10; ++i)
    spend();
  auto s = status_of(limiter, "limiter");
  CHECK_EQUAL(s.name, "create-room");
  CHECK_EQUAL(counter(s, "allowed"), 8u);
  CHECK_EQUAL(counter(s, "refused"), 2u);
}

TEST(the status counts what was refused within a minute) {
  for (int i = 0; i < 10; ++i)
    spend();
  auto recent = [&] { return counter(status_of(limiter, "limiter"), "refused_in_60_s"); };
  CHECK_EQUAL(recent(), 2u);
  advance(30s);
  spend();
  CHECK_EQUAL(recent(), 3u);
  advance(30s);
  CHECK_EQUAL(recent(), 1u);
  advance(29s);
  CHECK_EQUAL(recent(), 1u);
  advance(1s);
  CHECK_EQUAL(recent(), 0u);
  CHECK_EQUAL(counter(status_of(limiter, "limiter"), "refused"), 3u);
}

FIXTURE_SCOPE_END()
