#pragma once
// What a test file includes: CAF's unit-test engine under short names.
//
//   #define CAF_SUITE stun_message
//   #include "support/test.hpp"
//   TEST(a truncated message is refused) { CHECK(!parse(...)); }
//
// CHECK goes on after a failure, REQUIRE ends the test.

#include <caf/test/unit_test.hpp>

#define TEST(name) CAF_TEST(name)
#define FIXTURE_SCOPE(scope, fixture) CAF_TEST_FIXTURE_SCOPE(scope, fixture)
#define FIXTURE_SCOPE_END() CAF_TEST_FIXTURE_SCOPE_END()

#define CHECK(...) CAF_CHECK(static_cast<bool>(__VA_ARGS__))
#define CHECK_EQUAL(a, b) CAF_CHECK_EQUAL(a, b)
#define CHECK_NOT_EQUAL(a, b) CAF_CHECK_NOT_EQUAL(a, b)
#define REQUIRE(...) CAF_REQUIRE(static_cast<bool>(__VA_ARGS__))
#define REQUIRE_EQUAL(a, b) CAF_REQUIRE_EQUAL(a, b)
#define FAIL_TEST(message) CAF_FAIL(message)
