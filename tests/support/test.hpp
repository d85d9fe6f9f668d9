#pragma once
// The header of every test file: CAF's unit-test engine under short names.
//
//   #define CAF_SUITE stun_message
//   #include "support/test.hpp"
//   TEST(a truncated message is refused) { CHECK(!parse(...)); }
//
// CHECK goes on after a failure, REQUIRE ends the test. What is compared is
// copied first, so `CHECK_EQUAL(*find(x), y)` outlives what find() returned.

#include <caf/test/unit_test.hpp>

#include <type_traits>
#include <utility>

namespace catchup::test {

template <class T>
std::decay_t<T> copy_of(T&& x) {
  return std::forward<T>(x);
}

} // namespace catchup::test

#define TEST(name) CAF_TEST(name)
#define FIXTURE_SCOPE(scope, fixture) CAF_TEST_FIXTURE_SCOPE(scope, fixture)
#define FIXTURE_SCOPE_END() CAF_TEST_FIXTURE_SCOPE_END()

#define CHECK(...) CAF_CHECK(static_cast<bool>(__VA_ARGS__))
#define CHECK_EQUAL(a, b) CAF_CHECK_EQUAL(::catchup::test::copy_of(a), ::catchup::test::copy_of(b))
#define CHECK_NOT_EQUAL(a, b)                                                                      \
  CAF_CHECK_NOT_EQUAL(::catchup::test::copy_of(a), ::catchup::test::copy_of(b))
#define REQUIRE(...) CAF_REQUIRE(static_cast<bool>(__VA_ARGS__))
#define REQUIRE_EQUAL(a, b)                                                                        \
  CAF_REQUIRE_EQUAL(::catchup::test::copy_of(a), ::catchup::test::copy_of(b))
#define FAIL_TEST(message) CAF_FAIL(message)
