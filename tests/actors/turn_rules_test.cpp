// Answers of the relay to requests, rule by rule: RFC 8656 and RFC 8489 as a
// table. A row is a request of a client with credentials and the code it gets.
#define CAF_SUITE turn_rules
#include "support/turn_world.hpp"

using namespace catchup;
using namespace std::chrono_literals;
using catchup::test::at;
using catchup::test::stun_copy;
using catchup::test::turn_client;
using catchup::test::turn_world;
using turn::stun::attribute;
using turn::stun::message_writer;
using turn::stun::method;

namespace {

using fill = turn_client::fill;

void udp(message_writer& w) { w.add_u32(attribute::requested_transport, 17u << 24); }
void byte_of(message_writer& w, attribute a, unsigned value) {
  w.add(a, std::array{static_cast<std::byte>(value)});
}
void in_first_byte(message_writer& w, attribute a, std::uint32_t value) {
  w.add_u32(a, value << 24);
}

actors::relay_config dual() {
  auto out = turn_world::default_config();
  out.plan.public_ips.push_back(at("2001:db8::1", 0).ip);
  return out;
}

struct fixture : turn_world {
  fixture() = default;
  explicit fixture(actors::relay_config c) : turn_world(std::move(c)) {}

  turn_client fresh() {
    ++clients;
    return client(clients, "user" + std::to_string(clients),
                  "198.51.100." + std::to_string(clients % 200));
  }
  turn_client with_credentials() {
    auto out = fresh();
    authenticate(out);
    return out;
  }
  turn_client allocated() {
    auto out = fresh();
    allocate(out);
    return out;
  }
  stun_copy answer(turn_client& c, method m, const fill& f) {
    advance(1ms);
    auto out = ask(c, c.request(m, f));
    if (!out)
      FAIL_TEST("no answer");
    CHECK(out->view().integrity_ok(c.key()));
    return *out;
  }
  /// The row's words are in what is compared, so that a failure names it.
  void rule(const char* words, turn_client c, method m, const fill& f, int code) {
    CHECK_EQUAL(std::to_string(answer(c, m, f).error()) + ": " + words,
                std::to_string(code) + ": " + words);
  }

  std::uint16_t clients = 0;
};

struct dual_fixture : fixture {
  dual_fixture() : fixture(dual()) {}
};

} // namespace

FIXTURE_SCOPE(turn_rules_tests, fixture)

TEST(attributes of an Allocate request) {
  auto row = [&](const char* words, const fill& f, int code) {
    rule(words, with_credentials(), method::allocate, f, code);
  };
  row("8656 7.2: UDP", udp, 0);
  row("8656 7.2 (3): no REQUESTED-TRANSPORT", {}, 400);
  row(
      "8656 7.2 (3): REQUESTED-TRANSPORT without a value",
      [](auto& w) { w.add(attribute::requested_transport, {}); }, 400);
  for (std::uint32_t protocol : {0u, 6u, 99u, 255u})
    row(
        "8656 7.2 (3): another transport than UDP",
        [=](auto& w) { in_first_byte(w, attribute::requested_transport, protocol); }, 442);
  row(
      "8656 7.2 (4): DONT-FRAGMENT",
      [](auto& w) {
        udp(w);
        w.add(attribute::dont_fragment, {});
      },
      0);
  row(
      "8656 7.2 (5): RESERVATION-TOKEN with EVEN-PORT",
      [](auto& w) {
        udp(w);
        byte_of(w, attribute::even_port, 0);
        w.add(attribute::reservation_token, std::array<std::byte, 8>{});
      },
      400);
  row(
      "8656 7.2 (5): RESERVATION-TOKEN with REQUESTED-ADDRESS-FAMILY",
      [](auto& w) {
        udp(w);
        in_first_byte(w, attribute::requested_address_family, 1);
        w.add(attribute::reservation_token, std::array<std::byte, 8>{});
      },
      400);
  row(
      "8656 7.2 (5): RESERVATION-TOKEN with ADDITIONAL-ADDRESS-FAMILY",
      [](auto& w) {
        udp(w);
        in_first_byte(w, attribute::additional_address_family, 2);
        w.add(attribute::reservation_token, std::array<std::byte, 8>{});
      },
      400);
  row(
      "8656 18.6: RESERVATION-TOKEN of another size",
      [](auto& w) {
        udp(w);
        w.add(attribute::reservation_token, std::array<std::byte, 7>{});
      },
      400);
  row(
      "8656 7.2 (5): RESERVATION-TOKEN that nobody was given",
      [](auto& w) {
        udp(w);
        w.add(attribute::reservation_token, std::array<std::byte, 8>{});
      },
      508);
  row(
      "8656 7.2 (6): ADDITIONAL- with REQUESTED-ADDRESS-FAMILY",
      [](auto& w) {
        udp(w);
        in_first_byte(w, attribute::requested_address_family, 1);
        in_first_byte(w, attribute::additional_address_family, 2);
      },
      400);
  row(
      "8656 7.2 (7): REQUESTED-ADDRESS-FAMILY IPv4",
      [](auto& w) {
        udp(w);
        in_first_byte(w, attribute::requested_address_family, 1);
      },
      0);
  row(
      "8656 7.2 (7): REQUESTED-ADDRESS-FAMILY IPv6 where there is none",
      [](auto& w) {
        udp(w);
        in_first_byte(w, attribute::requested_address_family, 2);
      },
      440);
  row(
      "8656 7.2 (7): REQUESTED-ADDRESS-FAMILY that does not exist",
      [](auto& w) {
        udp(w);
        in_first_byte(w, attribute::requested_address_family, 9);
      },
      440);
  row(
      "8656 7.2 (7): ADDITIONAL-ADDRESS-FAMILY IPv4",
      [](auto& w) {
        udp(w);
        in_first_byte(w, attribute::additional_address_family, 1);
      },
      400);
  row(
      "8656 7.2 (8): EVEN-PORT",
      [](auto& w) {
        udp(w);
        byte_of(w, attribute::even_port, 0);
      },
      0);
  row(
      "8656 18.7: EVEN-PORT of another size",
      [](auto& w) {
        udp(w);
        w.add(attribute::even_port, {});
      },
      400);
  row(
      "8656 7.2 (8): EVEN-PORT with R and ADDITIONAL-ADDRESS-FAMILY",
      [](auto& w) {
        udp(w);
        byte_of(w, attribute::even_port, 0x80);
        in_first_byte(w, attribute::additional_address_family, 2);
      },
      400);
  row(
      "8656 18.2: LIFETIME without a value",
      [](auto& w) {
        udp(w);
        w.add(attribute::lifetime, {});
      },
      400);
  row(
      "8489 6.3.1: an attribute nobody knows",
      [](auto& w) {
        udp(w);
        w.add_u32(attribute{0x7001}, 0);
      },
      420);
  row(
      "8489 6.3: an optional one nobody knows",
      [](auto& w) {
        udp(w);
        w.add_u32(attribute{0xff01}, 0);
      },
      0);
  row(
      "8489 6.3: one that is known and has no place here",
      [](auto& w) {
        udp(w);
        w.add_u32(attribute::channel_number, 0);
      },
      0);
  row(
      "8656 7.2 (3) before (7): the first fault counts",
      [](auto& w) { in_first_byte(w, attribute::requested_address_family, 9); }, 400);
}

TEST(an Allocate on a tuple that is in use) {
  rule("8656 7.2 (2): another transaction", allocated(), method::allocate, udp, 437);
  rule("8656 7.2 (2) before (3): and a fault", allocated(), method::allocate, {}, 437);
}

TEST(requests without an allocation) {
  auto row = [&](const char* words, method m, const fill& f) {
    rule(words, with_credentials(), m, f, 437);
  };
  row("8656 8.2: Refresh", method::refresh, {});
  row("8656 8.2: Refresh with lifetime 0", method::refresh,
      [](auto& w) { w.add_u32(attribute::lifetime, 0); });
  row("8656 5: CreatePermission", method::create_permission,
      [](auto& w) { w.add_xor_address(attribute::xor_peer_address, at("203.0.113.1", 50000)); });
  row("8656 5: CreatePermission without a peer", method::create_permission, {});
  row("8656 5: ChannelBind", method::channel_bind, {});
}

TEST(attributes of a Refresh request) {
  auto row = [&](const char* words, const fill& f, int code) {
    rule(words, allocated(), method::refresh, f, code);
  };
  row("8656 8.2: nothing", {}, 0);
  row(
      "8656 8.2: lifetime 0", [](auto& w) { w.add_u32(attribute::lifetime, 0); }, 0);
  row(
      "8656 8.2: the family it has",
      [](auto& w) { in_first_byte(w, attribute::requested_address_family, 1); }, 0);
  row(
      "8656 8.2: a family it has not",
      [](auto& w) { in_first_byte(w, attribute::requested_address_family, 2); }, 443);
  row(
      "8489 6.3.1: an attribute nobody knows", [](auto& w) { w.add_u32(attribute{0x0fff}, 0); },
      420);
}

TEST(the lifetime that is granted) {
  auto granted = [&](std::optional<std::uint32_t> wanted) {
    auto c = allocated();
    return *answer(c, method::refresh, [&](auto& w) {
              if (wanted)
                w.add_u32(attribute::lifetime, *wanted);
            }).number(attribute::lifetime);
  };
  CHECK_EQUAL(granted({}), 600u); // 8656 §7.2, §8.2
  CHECK_EQUAL(granted(1), 600u);
  CHECK_EQUAL(granted(599), 600u);
  CHECK_EQUAL(granted(1800), 1800u);
  CHECK_EQUAL(granted(3601), 3600u);
  CHECK_EQUAL(granted(0xffffffff), 3600u);
}

TEST(no lease outlives the credentials it was made with) {
  auto c = fresh();
  c.set_credentials(turn::make_credentials("s3cr3t", "guest", t0 + 100));
  authenticate(c);
  auto out = answer(c, method::allocate, udp);
  CHECK_EQUAL(*out.number(attribute::lifetime), 130u); // and the skew of clocks
}

TEST(peers of a CreatePermission request) {
  auto row = [&](const char* words, std::vector<base::endpoint> peers, int code) {
    rule(
        words, allocated(), method::create_permission,
        [&](auto& w) {
          for (const auto& p : peers)
            w.add_xor_address(attribute::xor_peer_address, p);
        },
        code);
  };
  auto relayed = at("203.0.113.1", 50000);
  row("8656 10.2: a relayed address", {relayed}, 0);
  row("8656 10.2: several", {relayed, at("203.0.113.1", 65535)}, 0);
  row("8656 10.2: none", {}, 400);
  row("8656 10.2: of the other family", {at("2001:db8::1", 50000)}, 443);
  row("8656 10.2: one of several that is forbidden", {relayed, at("10.0.0.1", 9)}, 403);
  rule(
      "8656 10.2: an address that cannot be read", allocated(), method::create_permission,
      [](auto& w) { w.add_u32(attribute::xor_peer_address, 0); }, 400);
}

TEST(attributes of a ChannelBind request) {
  auto bind = [](std::uint32_t number, std::uint16_t port) -> fill {
    return [=](auto& w) {
      w.add_u32(attribute::channel_number, number << 16);
      w.add_xor_address(attribute::xor_peer_address, at("203.0.113.1", port));
    };
  };
  auto row = [&](const char* words, const fill& f, int code) {
    rule(words, allocated(), method::channel_bind, f, code);
  };
  row("8656 12.2: the first number", bind(0x4000, 50000), 0);
  row("8656 12: the last number", bind(0x4fff, 50000), 0);
  row("5766 11: the last number of older clients", bind(0x7ffe, 50000), 0);
  for (std::uint32_t number : {0u, 0x3fffu, 0x7fffu, 0x8000u, 0xffffu})
    row("8656 12.2: another number", bind(number, 50000), 400);
  row(
      "8656 12.2: no number",
      [](auto& w) { w.add_xor_address(attribute::xor_peer_address, at("203.0.113.1", 50000)); },
      400);
  row(
      "8656 12.2: no peer", [](auto& w) { w.add_u32(attribute::channel_number, 0x4000u << 16); },
      400);
  row(
      "8656 12.2: a peer that is not ours",
      [](auto& w) {
        w.add_u32(attribute::channel_number, 0x4000u << 16);
        w.add_xor_address(attribute::xor_peer_address, at("192.0.2.1", 50000));
      },
      403);
  auto c = allocated();
  CHECK_EQUAL(answer(c, method::channel_bind, bind(0x4000, 50000)).error(), 0);
  rule("8656 12.2: the same pair again", c, method::channel_bind, bind(0x4000, 50000), 0);
  rule("8656 12.2: the number for another peer", c, method::channel_bind, bind(0x4000, 50001), 400);
  rule("8656 12.2: the peer with another number", c, method::channel_bind, bind(0x4001, 50000),
       400);
}

TEST(another user on the tuple of an allocation) {
  auto row = [&](const char* words, method m, const fill& f, int code) {
    auto owner = allocated();
    auto other = fresh();
    other.set_tuple(owner.tuple());
    authenticate(other);
    rule(words, other, m, f, code);
  };
  row("8656 7.2 (2): Allocate", method::allocate, udp, 437);
  row("8656 7.2 (2) before (3): Allocate with a fault", method::allocate, {}, 437);
  for (auto m : {method::refresh, method::create_permission, method::channel_bind})
    row("8656 5: a request that is not an Allocate", m, {}, 441);
}

TEST(a reserved port is given to the one who shows its token) {
  auto c = with_credentials();
  auto first = answer(c, method::allocate, [](auto& w) {
    udp(w);
    byte_of(w, attribute::even_port, 0x80);
  });
  REQUIRE_EQUAL(first.error(), 0);
  auto port = first.address(attribute::xor_relayed_address)->port;
  CHECK_EQUAL(port % 2, 0);
  REQUIRE(first.has(attribute::reservation_token));
  auto token = base::to_buffer(*first.view().find(attribute::reservation_token));
  auto show = [&](auto& w) {
    udp(w);
    w.add(attribute::reservation_token, token);
  };
  // The same request again has the same answer, token included.
  auto again = ask(c, c.again(method::allocate, [](auto& w) {
    udp(w);
    byte_of(w, attribute::even_port, 0x80);
  }));
  CHECK(again && base::equal(again->view().whole(), first.view().whole()));

  rule("8656 7.2 (5): somebody else has no use for it", with_credentials(), method::allocate, show,
       508);
  auto second = client(60'000, "user" + std::to_string(clients - 1));
  authenticate(second);
  auto out = answer(second, method::allocate, show);
  REQUIRE_EQUAL(out.error(), 0);
  CHECK_EQUAL(out.address(attribute::xor_relayed_address)->port, port + 1);
  auto third = client(60'001, "user" + std::to_string(clients - 1));
  authenticate(third);
  rule("8656 7.2 (5): a token is good once", third, method::allocate, show, 508);
}

TEST(a reserved port comes back when nobody asks for it in thirty seconds) {
  auto reserve = [](auto& w) {
    udp(w);
    byte_of(w, attribute::even_port, 0x80);
  };
  auto c = client(1, "alice");
  authenticate(c);
  auto first = answer(c, method::allocate, reserve);
  auto token = base::to_buffer(*first.view().find(attribute::reservation_token));
  advance(29s);
  // Reserved ports count in the quota of their user: 16 are 7 pairs and 2 more.
  for (std::uint16_t i = 2; i <= 8; ++i) {
    auto more = client(i, "alice");
    authenticate(more);
    rule("a pair", more, method::allocate, reserve, 0);
  }
  auto one_more = client(20, "alice");
  authenticate(one_more);
  rule("8656 7.2 (9): the quota", one_more, method::allocate, udp, 486);
  advance(1s);
  rule("the first reservation is over", one_more, method::allocate, udp, 0);
  auto late = client(21, "alice");
  authenticate(late);
  rule(
      "8656 7.2 (5): so its token is", late, method::allocate,
      [&](auto& w) {
        udp(w);
        w.add(attribute::reservation_token, token);
      },
      508);
  CHECK(core.known(c.tuple())); // it is idle, but nobody came into its place
}

TEST(a dual allocation without IPv6 says what is missing) {
  auto c = with_credentials();
  auto out = answer(c, method::allocate, [](auto& w) {
    udp(w);
    in_first_byte(w, attribute::additional_address_family, 2);
  });
  REQUIRE_EQUAL(out.error(), 0);
  CHECK(out.address(attribute::xor_relayed_address)->ip.is_v4());
  CHECK_EQUAL(*out.number(attribute::address_error_code), 0x02000428u); // IPv6, 440
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(turn_dual_rules_tests, dual_fixture)

TEST(a dual allocation has an address of either family and each is kept and given up alone) {
  auto c = with_credentials();
  auto both = [](auto& w) {
    udp(w);
    in_first_byte(w, attribute::additional_address_family, 2);
  };
  auto out = answer(c, method::allocate, both);
  REQUIRE_EQUAL(out.error(), 0);
  CHECK(!out.has(attribute::address_error_code));
  std::vector<base::endpoint> relayed;
  out.view().each([&](attribute a, base::const_bytes value) {
    if (a == attribute::xor_relayed_address)
      relayed.push_back(*turn::stun::read_xor_address(value, out.view().transaction()));
  });
  REQUIRE_EQUAL(relayed.size(), 2u);
  CHECK(relayed[0].ip.is_v4());
  CHECK(!relayed[1].ip.is_v4());

  // Each is reached by peers of its own family.
  auto four = with_credentials();
  auto six = with_credentials();
  auto peer4 = *answer(four, method::allocate, udp).address(attribute::xor_relayed_address);
  auto peer6 = *answer(six, method::allocate, [](auto& w) {
                  udp(w);
                  in_first_byte(w, attribute::requested_address_family, 2);
                }).address(attribute::xor_relayed_address);
  CHECK_EQUAL(code(c, c.permit({peer4, peer6})), 0);
  CHECK_EQUAL(code(four, four.permit({relayed[0]})), 0);
  CHECK_EQUAL(code(six, six.permit({relayed[1]})), 0);
  CHECK(carries(four, c, relayed[0]));
  CHECK(carries(six, c, relayed[1]));
  CHECK(carries(c, four, peer4));
  CHECK(carries(c, six, peer6));

  // §8.2: IPv6 is refreshed alone, so IPv4 ends before it, with its permissions.
  auto only_six = [&](std::uint32_t seconds) {
    return answer(c, method::refresh, [=](auto& w) {
      in_first_byte(w, attribute::requested_address_family, 2);
      w.add_u32(attribute::lifetime, seconds);
    });
  };
  CHECK_EQUAL(only_six(3600).error(), 0);
  advance(599s);
  CHECK_EQUAL(code(c, c.permit({peer4, peer6})), 0);
  CHECK_EQUAL(code(six, six.refresh(3600)), 0);
  CHECK_EQUAL(code(six, six.permit({relayed[1]})), 0);
  advance(2s);
  CHECK_EQUAL(code(c, c.permit({peer4})), 443);
  CHECK(carries(six, c, relayed[1]));
  CHECK(!carries(c, four, peer4));
  CHECK_EQUAL(only_six(0).error(), 0);
  CHECK_EQUAL(code(c, c.refresh(600)), 437);
}

FIXTURE_SCOPE_END()
