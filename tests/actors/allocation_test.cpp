#define CAF_SUITE allocation_actor
#include "actors/allocation.hpp"

#include "support/turn_world.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;
using catchup::test::at;
using catchup::test::turn_client;
using turn::stun::attribute;

namespace {

struct fixture : catchup::test::turn_world {
  turn_client alice = client(1, "alice");
  turn_client bob = client(2, "bob");

  bool exists(const turn_client& c) { return core.known(c.tuple()); }
};

} // namespace

FIXTURE_SCOPE(allocation_actor_tests, fixture)

TEST(an allocate is answered with a relayed address on the servers own ip) {
  authenticate(alice);
  auto out = ask(alice, alice.allocate());
  REQUIRE(out);
  CHECK(out->success());
  auto relayed = out->address(attribute::xor_relayed_address);
  REQUIRE(relayed);
  CHECK(relayed->ip == at("203.0.113.1", 0).ip);
  CHECK(relayed->port >= 49152);
  CHECK(out->address(attribute::xor_mapped_address) == alice.tuple().client);
  CHECK_EQUAL(out->number(attribute::lifetime).value_or(0), 600u);
  CHECK(out->view().integrity_ok(alice.key()));
}

TEST(a retransmitted allocate gets the same address and another one 437) {
  auto relayed = allocate(alice);
  auto again = ask(alice, alice.allocate_again());
  REQUIRE(again);
  CHECK(again->success());
  CHECK(again->address(attribute::xor_relayed_address) == relayed);
  CHECK_EQUAL(code(alice, alice.allocate()), 437);
  CHECK_EQUAL(relay_status().allocations, 1u);
}

TEST(the table is in place before the client knows) {
  auto a = allocate(alice);
  auto b = allocate(bob);
  CHECK_EQUAL(code(alice, alice.permit({b})), 0);
  CHECK(!carries(alice, bob, b));
  CHECK_EQUAL(code(bob, bob.bind(0x4000, a)), 0);
  CHECK(carries(alice, bob, b));
  CHECK(carries(bob, alice, a));
}

TEST(a peer outside the server is forbidden and nothing else suffers) {
  auto b = allocate(bob);
  allocate(alice);
  CHECK_EQUAL(code(alice, alice.permit({at("192.168.1.7", 54321)})), 403);
  CHECK_EQUAL(code(alice, alice.bind(0x4000, at("8.8.8.8", 53))), 403);
  CHECK_EQUAL(code(alice, alice.permit({b, at("192.168.1.7", 54321)})), 403);
  CHECK_EQUAL(code(alice, alice.bind(0x4000, b)), 0);
}

TEST(an allocation expires and its client is told 437) {
  allocate(alice);
  advance(599s);
  CHECK_EQUAL(relay_status().allocations, 1u);
  advance(1s);
  CHECK_EQUAL(relay_status().allocations, 0u);
  CHECK(!exists(alice));
  CHECK_EQUAL(code(alice, alice.refresh(600)), 437);
  CHECK_EQUAL(relay_status().crashed, 0u);
}

TEST(a refreshed allocation lives on until its new end) {
  allocate(alice);
  advance(500s);
  auto out = ask(alice, alice.refresh(1000));
  CHECK_EQUAL(out->number(attribute::lifetime).value_or(0), 1000u);
  advance(999s);
  CHECK(exists(alice));
  advance(1s);
  CHECK(!exists(alice));
}

TEST(a lease that was made shorter ends when it says) {
  allocate(alice);
  CHECK_EQUAL(code(alice, alice.refresh(3600)), 0);
  advance(601s); // the first timer has looked, and waits for the new end
  CHECK_EQUAL(code(alice, alice.refresh(600)), 0);
  advance(599s);
  CHECK(core.known(alice.tuple()));
  advance(1s);
  CHECK(!core.known(alice.tuple()));
  allocate(alice);
}

TEST(a refresh of zero ends it at once and the client may allocate again) {
  allocate(alice);
  auto out = ask(alice, alice.refresh(0));
  REQUIRE(out);
  CHECK(out->success());
  CHECK_EQUAL(out->number(attribute::lifetime).value_or(0), 0u);
  CHECK(!exists(alice));
  CHECK_EQUAL(code(alice, alice.refresh(0)), 437);
  allocate(alice);
  CHECK_EQUAL(relay_status().allocated, 2u);
}

TEST(other credentials on the same client are wrong) {
  allocate(alice);
  auto mallory = client(1, "mallory");
  mallory.learn(*ask(alice, client(1, "x").allocate()));
  for (const auto& [in, code] :
       {std::pair{mallory.refresh(0), 441}, std::pair{mallory.allocate(), 437},
        std::pair{mallory.permit({at("203.0.113.1", 0)}), 441}}) {
    media->sent.clear();
    auto a = core.handle(moment(), mallory.tuple(), in);
    media->events->on_request(std::get<turn::request>(a));
    settle();
    REQUIRE_EQUAL(media->sent.size(), 1u);
    CHECK_EQUAL(media->sent.front().second.error(), code);
  }
  CHECK(exists(alice));
}

TEST(no allocation means 437 for everything but allocate) {
  authenticate(alice);
  CHECK_EQUAL(code(alice, alice.refresh(600)), 437);
  CHECK_EQUAL(code(alice, alice.refresh(0)), 437);
  CHECK_EQUAL(code(alice, alice.permit({at("203.0.113.1", 50000)})), 437);
  CHECK_EQUAL(code(alice, alice.bind(0x4000, at("203.0.113.1", 50000))), 437);
}

TEST(defects come after a mismatch) {
  authenticate(alice);
  CHECK_EQUAL(code(alice, alice.request(turn::stun::method::create_permission)), 437);
  CHECK_EQUAL(code(alice, alice.request(turn::stun::method::allocate)), 400);
  CHECK_EQUAL(code(alice, alice.request(turn::stun::method::allocate,
                                        [](auto& w) {
                                          w.add_u32(attribute::requested_transport, 6u << 24);
                                        })),
              442);
  allocate(alice);
  CHECK_EQUAL(code(alice, alice.request(turn::stun::method::create_permission)), 400);
}

TEST(an allocation that cannot tell the media thread does not promise anything) {
  auto b = allocate(bob);
  allocate(alice);
  media->full = true;
  CHECK(!ask(alice, alice.permit({b})));
  media->full = false;
  advance(100ms);
  CHECK_EQUAL(code(alice, alice.permit({b})), 0);
}

TEST(an allocation made while the queue was full is published with its answer) {
  authenticate(alice);
  media->full = true;
  CHECK(!ask(alice, alice.allocate()));
  media->full = false;
  advance(100ms);
  auto out = ask(alice, alice.allocate_again());
  REQUIRE(out);
  CHECK(out->success());
  core.sweep(moment().now + 20s); // forget requests, so that only the route is left
  CHECK(exists(alice));
}

FIXTURE_SCOPE_END()
