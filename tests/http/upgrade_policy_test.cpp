#define CAF_SUITE http_upgrade_policy
#include "http/upgrade_policy.hpp"

#include "http/wire.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http;
using namespace catchup::test;
using namespace std::chrono_literals;

namespace {

const server_limits limits;
const base::time_point start{std::chrono::hours{1}};

/// Answer of the policy to an offer: the subprotocol, or the code of the refusal.
std::string answer(const upgrade_policy& policy, const upgrade_offer& offer) {
  auto out = accept_upgrade(policy, offer, "call.test");
  return std::string{out ? *out : code_of(out.error())};
}

upgrade_policy signalling() { return *upgrade_policy_of(route::websocket, limits); }

upgrade_policy open_to_all() {
  upgrade_policy out;
  out.origin = origin_rule::any;
  return out;
}

constexpr std::string_view ours = "https://call.test";

} // namespace

TEST(only the route of signalling becomes a WebSocket) {
  for (auto r : {route::health, route::ready, route::page, route::asset, route::create_room,
                 route::turn_credentials, route::livekit_token})
    CHECK(!upgrade_policy_of(r, limits));
  CHECK(upgrade_policy_of(route::websocket, limits));
}

TEST(signalling has the limits of catchup.v1) {
  auto policy = signalling();
  CHECK(policy.origin == origin_rule::same_site);
  CHECK_EQUAL(policy.early_message, wire::max_early_message);
  CHECK_EQUAL(policy.message, wire::max_message);
  CHECK_EQUAL(policy.messages_per_second, 50);
  CHECK_EQUAL(policy.message_burst, 200);
  CHECK_EQUAL(policy.bytes_per_second, 256 * 1024);
  CHECK_EQUAL(policy.byte_burst, 1024 * 1024);
}

TEST(signalling is for pages of this site) {
  CHECK_EQUAL(answer(signalling(), {true, ours, "catchup.v1"}), "catchup.v1");
  for (std::string_view other : {"", "null", "http://call.test", "https://evil.test"})
    CHECK_EQUAL(answer(signalling(), {true, other, "catchup.v1"}), "origin");
}

TEST(a foreign page is told nothing but that it is foreign) {
  CHECK_EQUAL(answer(signalling(), {false, "https://evil.test", ""}), "origin");
}

TEST(a policy without an origin rule takes any page and programs) {
  for (std::string_view origin : {"", "null", "https://evil.test"})
    CHECK_EQUAL(answer(open_to_all(), {true, origin, ""}), "");
}

TEST(a request that is no complete handshake is bad) {
  CHECK_EQUAL(answer(signalling(), {false, ours, "catchup.v1"}), "bad-request");
  CHECK_EQUAL(answer(open_to_all(), {false, "", ""}), "bad-request");
}

TEST(a client offers one of the subprotocols of the policy) {
  for (std::string_view list : {"catchup.v1", "other, catchup.v1", " catchup.v1 ,other"})
    CHECK_EQUAL(answer(signalling(), {true, ours, list}), "catchup.v1");
  for (std::string_view list : {"", ",", "catchup.v2", "catchup.v1.1", "Catchup.v1", "catchup v1"})
    CHECK_EQUAL(answer(signalling(), {true, ours, list}), "bad-request");
}

TEST(of several known subprotocols the first that is offered counts) {
  auto policy = open_to_all();
  policy.subprotocols = {"one", "two"};
  CHECK_EQUAL(answer(policy, {true, "", "three, two, one"}), "two");
}

TEST(a policy without subprotocols agrees on none) {
  CHECK_EQUAL(answer(open_to_all(), {true, "", "catchup.v1"}), "");
}

TEST(more than 50 messages a second are too many after a burst of 200) {
  message_rate rate{signalling(), start};
  for (int i = 0; i < 200; ++i)
    CHECK(rate.take(start, 10));
  CHECK(!rate.take(start, 10));
  for (int i = 0; i < 50; ++i)
    CHECK(rate.take(start + 1s, 10));
  CHECK(!rate.take(start + 1s, 10));
}

TEST(control frames count as messages) {
  message_rate rate{signalling(), start};
  for (int i = 0; i < 200; ++i)
    CHECK(rate.take(start, 0));
  CHECK(!rate.take(start, 0));
}

TEST(more than 256 KiB a second are too much after a burst of 1 MiB) {
  message_rate rate{signalling(), start};
  for (int i = 0; i < 32; ++i)
    CHECK(rate.take(start, 32 * 1024));
  CHECK(!rate.take(start, 1));
  for (int i = 0; i < 8; ++i)
    CHECK(rate.take(start + 1s, 32 * 1024));
  CHECK(!rate.take(start + 1s, 1));
}
