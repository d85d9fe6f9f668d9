// Relay, allocations and media port together: real threads, real sockets.
#define CAF_SUITE turn_service
#include "actors/names.hpp"
#include "media/port/file_descriptor.hpp"
#include "support/turn_service.hpp"

using namespace catchup;
using namespace catchup::actors;
using catchup::test::at;
using catchup::test::join;
using catchup::test::passes;
using catchup::test::stun_copy;
using catchup::test::turn_client;
using catchup::test::turn_socket;
using turn::transport;
using turn::stun::attribute;

namespace {

struct fixture : test::turn_service {};

} // namespace

FIXTURE_SCOPE(turn_service_tests, fixture)

TEST(two clients talk through it over UDP and TCP) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::tcp, "bob");
  join(a, b);
  CHECK(passes(a, b, "to bob"));
  CHECK(passes(b, a, "to alice"));
}

TEST(a client whose user has ended is told 437 and can begin anew) {
  auto a = connect(transport::udp, "alice");
  const base::member_id bob{};
  auto b = connect(transport::udp, turn_user(bob));
  join(a, b);
  CHECK(passes(a, b, "before"));
  caf::anon_send(relay, msg::membership{{}, bob, membership_change::ended});
  int code = 0;
  for (int i = 0; i < 100 && code == 0; ++i)
    code = b.ask(b.client.refresh(600)).error();
  CHECK_EQUAL(code, 437);
  auto c = connect(transport::udp, "carol");
  join(c, b);
  CHECK(passes(b, c, "after"));
}

// Clients such as libjuice do not wait for the answer. Over TCP all of it is one segment.
TEST(media right behind a request is relayed once the request was granted) {
  for (auto kind : {transport::udp, transport::tcp})
    for (int round = 0; round < 20; ++round) {
      auto a = connect(kind, "alice" + std::to_string(round));
      auto b = connect(transport::udp, "bob" + std::to_string(round));
      auto relayed_a = a.allocate();
      auto relayed_b = b.allocate();
      CHECK_EQUAL(b.ask(b.client.bind(0x4000, relayed_a)).error(), 0);
      auto expect = [&](const base::buffer& request, const base::buffer& behind,
                        std::string_view payload) {
        auto both = a.framed(request);
        auto second = a.framed(behind);
        if (kind == transport::tcp) {
          both.insert(both.end(), second.begin(), second.end());
          a.send_raw(both);
        } else {
          a.send(both);
          a.send(second);
        }
        CHECK(b.receive(2000) == turn_client::channel_data(0x4000, base::as_bytes(payload)));
        CHECK(stun_copy{a.receive()}.success());
      };
      auto permit = a.client.permit({relayed_b});
      expect(permit, a.client.send(relayed_b, base::as_bytes("one")), "one");
      auto bind = a.client.bind(0x4001, relayed_b);
      expect(bind, turn_client::channel_data(0x4001, base::as_bytes("two")), "two");
    }
}

TEST(the status says what was carried) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  CHECK(passes(a, b, "counted"));
  msg::relay_status s;
  for (int i = 0; i < 100 && s.carried.packets_to_client == 0; ++i) {
    s = status();
    CHECK(passes(a, b, "more"));
    ::usleep(20'000);
  }
  CHECK(s.carried.packets_to_client >= 1);
  CHECK_EQUAL(s.allocations, 2u);
  CHECK_EQUAL(s.list.size(), 2u);
}

FIXTURE_SCOPE_END()

TEST(IPv6 from end to end) {
  auto six = at("::1", 0).ip;
  media::port::file_descriptor probe{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  media::port::socket_address any{{six, 0}, true};
  if (!probe || ::bind(probe.get(), any.data(), any.size()) != 0) {
    CAF_MESSAGE("this machine has no IPv6");
    return;
  }
  test::turn_service_settings settings;
  settings.bind = six;
  test::turn_service s{settings};
  auto allocate = [](turn_socket& c) {
    c.client.learn(c.ask(c.client.allocate()));
    auto out = c.ask(c.client.allocate(
        [](auto& w) { w.add_u32(attribute::requested_address_family, 2u << 24); }));
    CHECK_EQUAL(out.error(), 0);
    CHECK(out.address(attribute::xor_mapped_address) == at("::1", c.local_port()));
    return *out.address(attribute::xor_relayed_address);
  };
  for (auto [one, two] :
       {std::pair{transport::udp, transport::udp}, std::pair{transport::tcp, transport::udp},
        std::pair{transport::tcp, transport::tcp}}) {
    auto a = s.connect(one, "alice", "::1");
    auto b = s.connect(two, "bob", "::1");
    auto relayed_a = allocate(a);
    auto relayed_b = allocate(b);
    CHECK(relayed_a.ip == at("2001:db8::1", 0).ip);
    CHECK_EQUAL(a.ask(a.client.permit({relayed_b})).error(), 0);
    CHECK_EQUAL(b.ask(b.client.permit({relayed_a})).error(), 0);
    a.send(a.client.send(relayed_b, base::as_bytes("indication")));
    stun_copy in{b.receive()};
    CHECK_EQUAL(in.text(attribute::data), "indication");
    CHECK(in.address(attribute::xor_peer_address) == relayed_a);
    CHECK_EQUAL(a.ask(a.client.bind(0x4000, relayed_b)).error(), 0);
    CHECK_EQUAL(b.ask(b.client.bind(0x4000, relayed_a)).error(), 0);
    CHECK(passes(a, b, "to bob"));
    CHECK(passes(b, a, "to alice"));
  }
}
