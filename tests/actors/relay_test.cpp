#define CAF_SUITE relay_actor
#include "actors/relay.hpp"

#include "actors/names.hpp"
#include "support/turn_world.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;
using catchup::test::at;
using catchup::test::turn_client;
using catchup::test::turn_world;

namespace {

constexpr base::member_id alice_id = [] {
  base::member_id id;
  id.value.fill(std::byte{0xa1});
  return id;
}();
const std::string alice_user = turn_user(alice_id);

/// A change of a membership of alice.
msg::membership alice_has(membership_change change) { return {{}, alice_id, change}; }

relay_config small() {
  auto out = turn_world::default_config();
  out.per_user = 2;
  out.per_source = 3;
  out.total = 5;
  return out;
}

relay_config dual() {
  auto out = turn_world::default_config();
  out.plan.public_ips.push_back(at("2001:db8::1", 0).ip);
  return out;
}

/// The newest allocation actor of each client.
using allocations = std::unordered_map<turn::five_tuple, caf::actor_addr>;

relay_config watched(relay_config c, const std::shared_ptr<allocations>& made) {
  c.make_allocation = [=](const relay_actor::pointer& relay, turn::allocation core,
                          std::shared_ptr<turn::shell::command_sink> media) {
    auto client = core.client();
    auto out = spawn_allocation(relay, std::move(core), std::move(media));
    (*made)[client] = out.address();
    return out;
  };
  return c;
}

struct fixture : turn_world {
  explicit fixture(relay_config c = default_config(),
                   std::shared_ptr<allocations> m = std::make_shared<allocations>())
    : turn_world(watched(std::move(c), m)), made(std::move(m)) {}

  std::shared_ptr<allocations> made;

  turn_client alice = client(1, alice_user);
  turn_client bob = client(2, "bob");

  caf::actor_addr actor_of(const turn_client& c) const { return made->at(c.tuple()); }
  void kill_allocation(const turn_client& c) { kill(caf::actor_cast<caf::actor>(actor_of(c))); }
  int try_allocate(turn_client c) {
    authenticate(c);
    return code(c, c.allocate());
  }
};

struct small_fixture : fixture {
  small_fixture() : fixture(small()) {}

  /// Allocates and permits both ways, and something has gone either way.
  std::pair<base::endpoint, base::endpoint> connect(turn_client& a, turn_client& b) {
    auto ra = allocate(a);
    auto rb = allocate(b);
    CHECK_EQUAL(code(a, a.permit({rb})), 0);
    CHECK_EQUAL(code(b, b.permit({ra})), 0);
    CHECK(carries(a, b, rb));
    CHECK(carries(b, a, ra));
    report_usage();
    return {ra, rb};
  }
};
struct dual_fixture : fixture {
  dual_fixture() : fixture(dual()) {}
};

} // namespace

FIXTURE_SCOPE(relay_tests, fixture)

TEST(an allocation that is killed leaves no trace and its client starts anew) {
  auto a = allocate(alice);
  auto b = allocate(bob);
  code(alice, alice.permit({b}));
  code(bob, bob.permit({a}));
  CHECK(carries(alice, bob, b));

  kill_allocation(bob);
  CHECK(!core.known(bob.tuple()));
  CHECK(!carries(alice, bob, b));
  CHECK(!carries(bob, alice, a));
  CHECK_EQUAL(code(bob, bob.refresh(600)), 437);
  auto again = allocate(bob);
  CHECK(again != b);

  auto s = relay_status();
  CHECK_EQUAL(s.crashed, 1u);
  CHECK_EQUAL(s.allocations, 2u);
  CHECK_EQUAL(code(alice, alice.permit({again})), 0);
}

TEST(while it drains nobody new is served and whoever is there goes on) {
  auto a = allocate(alice);
  auto b = allocate(bob);
  tell(relay, msg::drain{});
  auto carol = client(3, "carol");
  CHECK_EQUAL(try_allocate(carol), 508);
  CHECK_EQUAL(relay_status().refused_draining, 1u);
  CHECK_EQUAL(code(alice, alice.refresh(600)), 0);
  CHECK_EQUAL(code(alice, alice.permit({b})), 0);
  CHECK_EQUAL(code(bob, bob.permit({a})), 0);
  CHECK(carries(alice, bob, b));
  // An ICE restart of a call that goes on.
  CHECK_EQUAL(try_allocate(client(4, alice_user)), 0);

  tell(relay, msg::drain{false});
  CHECK_EQUAL(try_allocate(carol), 0);
}

TEST(when the relay dies its allocations and the table go with it) {
  allocate(alice);
  allocate(bob);
  auto child = actor_of(alice);
  kill(relay);
  CHECK(!is_alive(child));
  CHECK_EQUAL(core.routes(), 0u);
  CHECK(media->events == nullptr);
  CHECK(!ask(alice, alice.refresh(600)));
}

TEST(a relay that replaces a dead one serves the same clients) {
  auto old = allocate(alice);
  kill(relay);
  relay = spawn_relay(*self, default_config(), media);
  settle();
  CHECK_EQUAL(code(alice, alice.refresh(600)), 437);
  CHECK(allocate(alice).ip == old.ip);
  CHECK_EQUAL(core.routes(), 1u);
}

TEST(the subscription of a replaced relay does not end that of its successor) {
  auto next = spawn_relay(*self, default_config(), media);
  settle();
  kill(relay);
  CHECK(media->events != nullptr);
  CHECK_EQUAL(try_allocate(alice), 0);
  relay = next;
}

TEST(an allocation ends with its TCP connection) {
  auto t = alice.tuple();
  t.transport = turn::transport::tcp;
  t.connection = 1;
  alice.set_tuple(t);
  allocate(alice);
  media->events->on_closed(bob.tuple());
  settle();
  CHECK(core.known(alice.tuple()));
  media->events->on_closed(alice.tuple());
  settle();
  CHECK(!core.known(alice.tuple()));
  CHECK_EQUAL(relay_status().allocations, 0u);
}

TEST(a new TCP connection and UDP from the same address are other clients) {
  allocate(alice);
  auto t = alice.tuple();
  t.transport = turn::transport::tcp;
  for (std::uint64_t connection : {1, 2}) {
    t.connection = connection;
    auto other = client(1, alice_user);
    other.set_tuple(t);
    CHECK_EQUAL(try_allocate(other), 0);
  }
  CHECK_EQUAL(relay_status().allocations, 3u);
}

TEST(when a user ends all its allocations end and no others) {
  auto phone = client(3, alice_user, "198.51.100.77");
  allocate(alice);
  allocate(bob);
  allocate(phone);
  tell(relay, alice_has(membership_change::ended));
  CHECK(!core.known(alice.tuple()));
  CHECK(!core.known(phone.tuple()));
  CHECK(core.known(bob.tuple()));
  CHECK_EQUAL(code(alice, alice.refresh(600)), 437);
  tell(relay, msg::membership{{}, {}, membership_change::ended});
  CHECK_EQUAL(relay_status().allocations, 1u);
}

TEST(the allocations of a member whose actor crashed wait for its return) {
  tell(relay, alice_has(membership_change::joined));
  allocate(alice);
  tell(relay, alice_has(membership_change::may_return));
  advance(29s);
  CHECK(core.known(alice.tuple()));
  tell(relay, alice_has(membership_change::joined));
  advance(300s);
  CHECK(core.known(alice.tuple()));
  CHECK_EQUAL(code(alice, alice.refresh(600)), 0);
}

TEST(and end when it does not come) {
  tell(relay, alice_has(membership_change::joined));
  allocate(alice);
  allocate(bob);
  tell(relay, alice_has(membership_change::may_return));
  advance(30s);
  CHECK(!core.known(alice.tuple()));
  CHECK(core.known(bob.tuple()));
  CHECK_EQUAL(code(alice, alice.refresh(600)), 437);
}

TEST(a port rests before it gets a new owner) {
  std::vector<std::uint16_t> seen;
  for (int i = 0; i < 50; ++i) {
    seen.push_back(allocate(alice).port);
    code(alice, alice.refresh(0));
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::unique(seen.begin(), seen.end()) == seen.end());
}

TEST(counters add up over allocations that are gone) {
  auto a = allocate(alice);
  auto b = allocate(bob);
  code(alice, alice.permit({b}));
  code(bob, bob.permit({a}));
  CHECK(carries(alice, bob, b));
  report_usage();
  CHECK(carries(alice, bob, b));
  report_usage();
  CHECK_EQUAL(media->usage_seen, 2);
  auto s = relay_status();
  CHECK_EQUAL(s.carried.packets_from_client, 2u);
  CHECK_EQUAL(s.carried.packets_to_client, 2u);
  CHECK_EQUAL(s.list.size(), 2u);
  CHECK_EQUAL(s.core.forwarded, 2u);
  CHECK_EQUAL(s.core.challenges, 2u);
  for (const auto& one : s.list) {
    CHECK_EQUAL(one.carried.packets_from_client + one.carried.packets_to_client, 2u);
    CHECK_EQUAL(one.permissions, 1u);
  }
  code(alice, alice.refresh(0));
  s = relay_status();
  CHECK_EQUAL(s.carried.packets_from_client, 2u);
  CHECK_EQUAL(s.list.size(), 1u);
}

TEST(the status tells times and never a name or an address) {
  allocate(alice);
  advance(10s);
  auto s = relay_status();
  CHECK_EQUAL(s.age_seconds, 10u);
  REQUIRE_EQUAL(s.list.size(), 1u);
  const auto& one = s.list.front();
  CHECK_EQUAL(one.age_seconds, 10u);
  CHECK_EQUAL(one.expires_in_seconds, 590u);
  CHECK(one.user.find(alice_user) == std::string::npos);
  CHECK(one.client.find("198.51") == std::string::npos);
}

TEST(an IPv6 address is refused where the server has none) {
  authenticate(alice);
  CHECK_EQUAL(code(alice, alice.allocate([](auto& w) {
                w.add_u32(turn::stun::attribute::requested_address_family, 2u << 24);
              })),
              440);
}

TEST(an even port is given on request) {
  for (std::uint16_t i = 10; i < 20; ++i) {
    auto c = client(i, "user" + std::to_string(i));
    authenticate(c);
    auto out = ask(c, c.allocate([](auto& w) {
      w.add(turn::stun::attribute::even_port, std::array{std::byte{0}});
    }));
    REQUIRE(out);
    CHECK_EQUAL(out->address(turn::stun::attribute::xor_relayed_address)->port % 2, 0);
  }
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(relay_quota_tests, small_fixture)

TEST(a user has so many allocations and no more) {
  auto one = client(1, alice_user, "198.51.100.1");
  auto two = client(2, alice_user, "198.51.100.2");
  allocate(one);
  allocate(two);
  CHECK_EQUAL(try_allocate(client(3, alice_user, "198.51.100.3")), 486);
  CHECK_EQUAL(try_allocate(client(4, "bob", "198.51.100.3")), 0);
  code(one, one.refresh(0));
  CHECK_EQUAL(try_allocate(client(3, alice_user, "198.51.100.3")), 0);
  CHECK_EQUAL(relay_status().refused_quota, 1u);
}

TEST(a user who is refused counts for nothing) {
  for (std::uint16_t i = 0; i < 20; ++i)
    try_allocate(client(i, alice_user, "198.51.100." + std::to_string(i)));
  CHECK_EQUAL(relay_status().allocations, 2u);
  tell(relay, alice_has(membership_change::ended));
  CHECK_EQUAL(relay_status().allocations, 0u);
  CHECK_EQUAL(try_allocate(client(50, alice_user)), 0);
}

TEST(beyond that the idlest gives way to a new one) {
  auto one = client(1, alice_user, "198.51.100.1");
  auto two = client(2, alice_user, "198.51.100.2");
  auto three = client(3, alice_user, "198.51.100.3");
  auto ben = client(4, "ben", "198.51.100.4");
  auto to = connect(one, ben);
  allocate(two);
  advance(29s);
  CHECK_EQUAL(try_allocate(three), 0); // the first was last used 29 seconds ago
  CHECK(!core.known(one.tuple()));
  CHECK(core.known(two.tuple()));
  CHECK(!carries(ben, one, to.first));
  CHECK_EQUAL(code(one, one.refresh(600)), 437);
  auto s = relay_status();
  CHECK_EQUAL(s.replaced_idle, 1u);
  CHECK_EQUAL(s.refused_quota, 0u);
  CHECK_EQUAL(s.crashed, 0u);
  CHECK_EQUAL(s.allocations, 3u);
}

TEST(an allocation that carries packets does not give way) {
  auto one = client(1, alice_user, "198.51.100.1");
  auto two = client(2, alice_user, "198.51.100.2");
  auto ben = client(4, "ben", "198.51.100.4");
  auto carol = client(5, "carol", "198.51.100.5");
  auto to_one = connect(one, ben);
  auto to_two = connect(two, carol);
  for (int i = 0; i < 10; ++i) {
    advance(6s);                              // as often as ICE asks for consent (RFC 7675)
    CHECK(carries(one, ben, to_one.second));  // one only sends
    CHECK(carries(carol, two, to_two.first)); // two only hears
    report_usage();
    CHECK_EQUAL(try_allocate(client(3, alice_user, "198.51.100.3")), 486);
  }
  advance(9s);
  CHECK_EQUAL(try_allocate(client(3, alice_user, "198.51.100.3")), 486);
  CHECK(carries(carol, two, to_two.first));
  report_usage();
  advance(1s);
  CHECK_EQUAL(try_allocate(client(3, alice_user, "198.51.100.3")), 0);
  CHECK(!core.known(one.tuple()));
  CHECK(core.known(two.tuple()));
  CHECK_EQUAL(relay_status().refused_quota, 11u);
}

TEST(a new one has time to be used) {
  allocate(alice);
  auto two = client(2, alice_user);
  allocate(two);
  advance(29s);
  auto three = client(3, alice_user);
  CHECK_EQUAL(try_allocate(three), 486);
  advance(1s);
  CHECK_EQUAL(try_allocate(three), 0);
  CHECK_EQUAL(try_allocate(client(4, alice_user)), 0);
  CHECK(!core.known(alice.tuple()));
  CHECK(!core.known(two.tuple()));
  // And so have those that took their places.
  CHECK_EQUAL(try_allocate(client(5, alice_user)), 486);
  CHECK(core.known(three.tuple()));
  CHECK_EQUAL(relay_status().replaced_idle, 2u);
}

TEST(a request of its client is a sign of life) {
  auto two = client(2, alice_user);
  auto own = allocate(alice);
  allocate(two);
  advance(29s);
  CHECK_EQUAL(code(alice, alice.permit({own})), 0);
  CHECK_EQUAL(code(two, two.refresh(600)), 0);
  advance(5s);
  CHECK_EQUAL(try_allocate(client(3, alice_user)), 486);
}

TEST(no user replaces an allocation of another user) {
  auto two = client(2, alice_user, "198.51.100.9");
  allocate(alice);
  allocate(two);
  CHECK_EQUAL(try_allocate(client(10, "", "198.51.100.88")), 0);
  CHECK_EQUAL(try_allocate(client(11, "", "198.51.100.88")), 0);
  advance(100s);
  // A user without a name may be anybody.
  CHECK_EQUAL(try_allocate(client(12, "", "198.51.100.88")), 486);
  allocate(bob);
  advance(100s);
  CHECK_EQUAL(try_allocate(client(13, "bob")), 508); // the server is full, and not of bob
  CHECK(core.known(alice.tuple()));
  CHECK(core.known(two.tuple()));
  CHECK(core.known(bob.tuple()));
  CHECK_EQUAL(relay_status().replaced_idle, 0u);
}

TEST(where the source is full or there is no such address nobody gives way) {
  auto two = client(2, alice_user);
  allocate(alice);
  allocate(two);
  CHECK_EQUAL(try_allocate(client(3, "bob")), 0);
  advance(100s);
  CHECK_EQUAL(try_allocate(client(4, alice_user)), 486);
  auto elsewhere = client(4, alice_user, "198.51.100.4");
  authenticate(elsewhere);
  CHECK_EQUAL(code(elsewhere, elsewhere.allocate([](auto& w) {
                w.add_u32(turn::stun::attribute::requested_address_family, 2u << 24);
              })),
              440);
  CHECK(core.known(alice.tuple()));
  CHECK(core.known(two.tuple()));
  CHECK_EQUAL(relay_status().replaced_idle, 0u);
}

TEST(a request for a port pair replaces two idle allocations) {
  auto two = client(2, alice_user, "198.51.100.2");
  auto three = client(3, alice_user, "198.51.100.3");
  auto pair = [&] {
    authenticate(three);
    return code(three, three.allocate([](auto& w) {
      w.add(turn::stun::attribute::even_port, std::array{std::byte{0x80}});
    }));
  };
  allocate(alice);
  advance(20s);
  allocate(two);
  advance(20s);
  CHECK_EQUAL(pair(), 486);
  CHECK(core.known(alice.tuple()));
  advance(10s);
  CHECK_EQUAL(pair(), 0);
  CHECK_EQUAL(relay_status().replaced_idle, 2u);
  // A reserved port is no allocation, and gives way to nobody.
  CHECK_EQUAL(try_allocate(client(5, alice_user, "198.51.100.5")), 486);
}

TEST(a replaced allocation is not counted again when its actor ends) {
  auto two = client(2, alice_user, "198.51.100.2");
  allocate(alice);
  allocate(two);
  auto gone = actor_of(alice);
  advance(30s);
  CHECK_EQUAL(try_allocate(client(3, alice_user, "198.51.100.3")), 0);
  CHECK(!is_alive(gone));
  // The same client again is another allocation.
  CHECK_EQUAL(try_allocate(alice), 0);
  CHECK_EQUAL(relay_status().allocations, 2u);
  CHECK_EQUAL(try_allocate(two), 486);
  tell(relay, alice_has(membership_change::ended));
  CHECK_EQUAL(relay_status().allocations, 0u);
}

TEST(an address has so many allocations and no more) {
  for (std::uint16_t i = 0; i < 3; ++i)
    CHECK_EQUAL(try_allocate(client(i, "u" + std::to_string(i))), 0);
  CHECK_EQUAL(try_allocate(client(3, "u3")), 486);
}

TEST(a network of IPv6 is one source) {
  for (std::uint16_t i = 0; i < 3; ++i)
    CHECK_EQUAL(
        try_allocate(client(i, "u" + std::to_string(i), "2001:db8:1:2::" + std::to_string(i))), 0);
  CHECK_EQUAL(try_allocate(client(3, "u3", "2001:db8:1:2:ffff::9")), 486);
  CHECK_EQUAL(try_allocate(client(3, "u3", "2001:db8:1:3::9")), 0);
}

TEST(a full server says so at once) {
  for (std::uint16_t i = 0; i < 5; ++i)
    CHECK_EQUAL(try_allocate(client(i, "u" + std::to_string(i), "198.51.100." + std::to_string(i))),
                0);
  CHECK_EQUAL(try_allocate(client(9, "u9", "198.51.100.9")), 508);
  CHECK_EQUAL(relay_status().refused_capacity, 1u);
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(relay_family_tests, dual_fixture)

TEST(a client gets the family it asks for and IPv4 otherwise) {
  CHECK(allocate(alice).ip.is_v4());
  authenticate(bob);
  auto out = ask(bob, bob.allocate([](auto& w) {
    w.add_u32(turn::stun::attribute::requested_address_family, 2u << 24);
  }));
  REQUIRE(out);
  auto relayed = out->address(turn::stun::attribute::xor_relayed_address);
  REQUIRE(relayed);
  CHECK(relayed->ip == at("2001:db8::1", 0).ip);
  CHECK_EQUAL(code(alice, alice.permit({*relayed})), 443);
  CHECK_EQUAL(code(bob, bob.permit({*relayed})), 0);
}

FIXTURE_SCOPE_END()
