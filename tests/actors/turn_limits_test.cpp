// Limits that protect clients from each other, on real sockets, each at its bound.
#define CAF_SUITE turn_limits
#include "support/turn_service.hpp"

#include <malloc.h>

using namespace catchup;
using namespace std::chrono_literals;
using catchup::test::at;
using catchup::test::join;
using catchup::test::passes;
using catchup::test::stun_copy;
using catchup::test::turn_client;
using catchup::test::turn_service;
using catchup::test::turn_service_settings;
using catchup::test::turn_socket;
using turn::transport;
using turn::stun::attribute;
using turn::stun::method;

namespace {

int try_allocate(turn_socket& s) {
  s.client.forget_challenge();
  s.client.learn(s.ask(s.client.allocate()));
  return s.ask(s.client.allocate()).error();
}

/// So many TCP connections from one address, which say nothing.
std::vector<std::unique_ptr<turn_socket>> connections(turn_service& s, int n, const char* from) {
  std::vector<std::unique_ptr<turn_socket>> out;
  for (int i = 0; i < n; ++i)
    out.push_back(
        std::make_unique<turn_socket>(transport::tcp, s.media.port(), turn::credentials{}, from));
  return out;
}

template <class F>
bool eventually(F f) {
  for (int i = 0; i < 200; ++i) {
    if (f())
      return true;
    ::usleep(20'000);
  }
  return false;
}

} // namespace

TEST(a full server says so at once and has room again) {
  turn_service_settings few;
  few.relay.total = 3;
  turn_service s{few};
  auto a = s.connect(transport::udp, "a");
  auto b = s.connect(transport::tcp, "b");
  auto c = s.connect(transport::udp, "c");
  auto d = s.connect(transport::udp, "d");
  CHECK_EQUAL(try_allocate(a), 0);
  CHECK_EQUAL(try_allocate(b), 0);
  CHECK_EQUAL(try_allocate(c), 0);
  CHECK_EQUAL(try_allocate(d), 508);
  CHECK(a.ask(a.client.refresh(0)).success());
  CHECK_EQUAL(try_allocate(d), 0);
  CHECK_EQUAL(try_allocate(a), 508);
  b.close(); // its allocation goes with it
  CHECK(eventually([&] { return try_allocate(a) == 0; }));
  CHECK(s.status().refused_capacity >= 2);
}

TEST(a user has so many allocations over all transports and addresses) {
  turn_service_settings few;
  few.relay.per_user = 2;
  turn_service s{few};
  auto one = s.connect(transport::udp, "alice");
  auto two = s.connect(transport::tcp, "alice", "127.0.0.2");
  auto three = s.connect(transport::udp, "alice", "127.0.0.3");
  auto bob = s.connect(transport::udp, "bob", "127.0.0.3");
  CHECK_EQUAL(try_allocate(one), 0);
  CHECK_EQUAL(try_allocate(two), 0);
  CHECK_EQUAL(try_allocate(three), 486);
  CHECK_EQUAL(try_allocate(bob), 0);
  CHECK(one.ask(one.client.refresh(0)).success());
  CHECK_EQUAL(try_allocate(three), 0);
  CHECK_EQUAL(s.status().refused_quota, 1u);
}

TEST(the one that is idle gives way and the one that is used stays) {
  turn_service_settings few;
  few.relay.per_user = 2;
  few.relay.idle = few.relay.unused = 2s;
  turn_service s{few};
  auto used = s.connect(transport::udp, "alice");
  auto left = s.connect(transport::tcp, "alice", "127.0.0.2");
  auto bob = s.connect(transport::udp, "bob");
  join(used, bob);
  CHECK_EQUAL(try_allocate(left), 0);
  for (int i = 0; i < 22; ++i) {
    CHECK(passes(used, bob, "still here"));
    ::usleep(100'000);
  }
  auto fresh = s.connect(transport::udp, "alice", "127.0.0.3");
  CHECK_EQUAL(try_allocate(fresh), 0);
  auto one_more = s.connect(transport::udp, "alice", "127.0.0.4");
  CHECK_EQUAL(try_allocate(one_more), 486);
  CHECK_EQUAL(left.ask(left.client.refresh(600)).error(), 437);
  CHECK(passes(used, bob, "and on"));
  CHECK(passes(bob, used, "and back"));
  CHECK_EQUAL(s.status().replaced_idle, 1u);
}

TEST(an allocation has so many channels and no more) {
  turn_service_settings quick;
  quick.core.requests = 0;
  turn_service s{quick};
  auto a = s.connect(transport::udp, "alice");
  a.allocate();
  for (std::uint16_t i = 0; i < 128; ++i)
    CHECK_EQUAL(a.ask(a.client.bind(static_cast<std::uint16_t>(0x4000 + i),
                                    at("203.0.113.1", static_cast<std::uint16_t>(50'000 + i))))
                    .error(),
                0);
  CHECK_EQUAL(a.ask(a.client.bind(0x4100, at("203.0.113.1", 60'000))).error(), 508);
  // A request full of peers leaves one permission: all of them are one address.
  std::vector<base::endpoint> many;
  for (std::uint16_t i = 0; i < 150; ++i)
    many.push_back(at("203.0.113.1", static_cast<std::uint16_t>(50'000 + i)));
  CHECK_EQUAL(a.ask(a.client.permit(many)).error(), 0);
  auto now = s.status();
  REQUIRE_EQUAL(now.list.size(), 1u);
  CHECK_EQUAL(now.list.front().permissions, 1u);
  CHECK_EQUAL(now.list.front().channels, 128u);
}

TEST(a source is answered so often before it says who it is and the rest is counted) {
  turn_service s;
  auto stranger = s.connect(transport::udp, "nobody", "127.0.0.9");
  int answered = 0;
  auto begun = base::clock::now();
  for (int i = 0; i < 400; ++i) {
    stranger.send(stranger.client.request(i % 2 == 0 ? method::binding : method::allocate));
    answered += !stranger.receive(i < 100 ? 1000 : 0).empty();
  }
  while (!stranger.receive(100).empty())
    ++answered;
  CHECK(answered >= 100);
  auto seconds = (base::clock::now() - begun) / 1s + 1;
  CHECK(answered <= 100 + 50 * seconds);
  if (answered < 400)
    CHECK(eventually([&] { return s.status().core.limited_strangers > 0; }));
  auto other = s.connect(transport::udp, "alice", "127.0.0.10");
  CHECK_EQUAL(try_allocate(other), 0);
}

TEST(strangers by the thousand leave no memory behind) {
  turn::server_core core{{.secret = "s3cr3t"}};
  turn_client c{turn::five_tuple{}, {}};
  auto ask = [&](std::uint32_t i, base::const_bytes in) {
    turn::five_tuple from;
    from.client.ip =
        base::ip_address::v4({11, static_cast<std::uint8_t>(i >> 16),
                              static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    from.client.port = static_cast<std::uint16_t>(1024 + i % 50'000);
    media::timestamps t{base::time_point{1000s + std::chrono::milliseconds{i / 100}},
                        1'700'000'000};
    return core.handle(t, from, in);
  };
  auto allocate = c.allocate();
  auto binding = c.request(method::binding);
  auto wrong = c;
  wrong.learn(stun_copy{std::get<turn::transmit>(ask(1, allocate)).head});
  wrong.set_credentials({"1800000000:eve", "guess"});
  auto signed_wrong = wrong.allocate();
  std::uint32_t rounds = std::getenv("TEST_LONG") != nullptr ? 1'000'000 : 20'000;
  ask(2, signed_wrong);
  auto before = ::mallinfo2().uordblks;
  for (std::uint32_t i = 0; i < rounds; ++i)
    ask(i, i % 3 == 0 ? allocate : i % 3 == 1 ? binding : signed_wrong);
  auto after = ::mallinfo2().uordblks;
  CHECK(after < before + 64 * 1024);
}

TEST(an allocation carries so much and no more) {
  turn_service_settings slow;
  slow.core.allocation = {1000, 0}; // a hundred in each tenth of a second
  turn_service s{slow};
  auto a = s.connect(transport::udp, "alice");
  auto b = s.connect(transport::udp, "bob");
  join(a, b);
  auto frame = turn_client::channel_data(0x4000, base::as_bytes("media"));
  auto begun = base::clock::now();
  for (int i = 0; i < 2000; ++i)
    a.send_raw(frame);
  int got = 0;
  while (!b.receive(200).empty())
    ++got;
  auto windows = (base::clock::now() - begun) / 100ms + 2;
  CHECK(got >= 90);
  CHECK(got <= 100 * windows);
  if (got < 2000)
    CHECK(eventually([&] { return s.status().core.limited_allocations > 0; }));
  ::usleep(110'000);
  CHECK(passes(b, a, "the other way and later"));
}

TEST(two clients that echo each other do not run away) {
  turn_service_settings slow;
  slow.core.allocation = {500, 0};
  turn_service s{slow};
  auto a = s.connect(transport::udp, "alice");
  auto b = s.connect(transport::udp, "bob");
  join(a, b);
  auto frame = turn_client::channel_data(0x4000, base::as_bytes("ping"));
  for (int i = 0; i < 10; ++i)
    a.send_raw(frame);
  int echoes = 0;
  auto begun = base::clock::now();
  while (base::clock::now() < begun + 500ms) {
    for (auto* x : {&a, &b})
      if (auto in = x->receive(1); !in.empty()) {
        x->send_raw(in);
        ++echoes;
      }
  }
  auto windows = (base::clock::now() - begun) / 100ms + 1;
  CHECK(echoes <= 2 * 50 * windows);
}

TEST(all media together is limited as well) {
  turn_service_settings slow;
  slow.core.all = {0, 10'000}; // a thousand bytes in each tenth of a second
  turn_service s{slow};
  auto a = s.connect(transport::udp, "alice");
  auto b = s.connect(transport::udp, "bob");
  join(a, b);
  auto frame = turn_client::channel_data(0x4000, base::buffer(900));
  auto begun = base::clock::now();
  for (int i = 0; i < 20; ++i)
    a.send_raw(frame);
  int got = 0;
  while (!b.receive(300).empty())
    ++got;
  CHECK(got >= 1);
  CHECK(got <= (base::clock::now() - begun) / 100ms + 1);
  CHECK(eventually(
      [&] { return s.status().core.limited_media == static_cast<std::uint64_t>(20 - got); }));
}

TEST(connections that say nothing or half a thing are closed) {
  turn_service_settings impatient;
  impatient.tcp.idle = 2s;
  impatient.tcp.per_source = 100;
  turn_service s{impatient};
  auto idle = connections(s, 100, "127.0.0.5");
  turn_socket one_more{transport::tcp, s.media.port(), {}, "127.0.0.5"};
  CHECK(one_more.closed_by_server());
  auto in = idle[0]->client.allocate();
  for (std::size_t i = 0; i < idle.size(); ++i)
    idle[i]->send_raw(base::const_bytes{in}.first(i % in.size()));
  auto a = s.connect(transport::tcp, "alice");
  a.allocate();
  for (auto& x : idle)
    CHECK(x->closed_by_server());
  CHECK(a.ask(a.client.refresh(600)).success());
  CHECK(eventually([&] { return s.status().port.tcp_refused == 1; }));
  CHECK(eventually([&] { return s.status().port.tcp_idle == 100; }));
}

TEST(when all places are taken those who say nothing give way - those with an allocation do not ) {
  turn_service_settings small;
  small.tcp.connections = 2;
  small.tcp.grace = 1500ms; // longer than the service takes to notice an allocation
  turn_service s{small};
  auto a = s.connect(transport::tcp, "alice");
  a.allocate();
  turn_socket silent{transport::tcp, s.media.port(), {}, "127.0.0.5"};
  CHECK(eventually([&] {
    turn_socket next{transport::tcp, s.media.port(), {}, "127.0.0.6"};
    next.send_raw(next.client.allocate());
    return !next.receive(500).empty();
  }));
  CHECK(silent.closed_by_server());
  CHECK(eventually([&] { return s.status().port.tcp_idle >= 1; }));
  CHECK(a.ask(a.client.refresh(600)).success());
}

TEST(a connection that was just opened does not give way) {
  turn_service_settings small;
  small.tcp.connections = 1;
  small.tcp.grace = 1min;
  turn_service s{small};
  turn_socket first{transport::tcp, s.media.port(), {}, "127.0.0.5"};
  turn_socket second{transport::tcp, s.media.port(), {}, "127.0.0.6"};
  CHECK(second.closed_by_server());
  CHECK(eventually([&] { return s.status().port.tcp_refused == 1; }));
  CHECK_EQUAL(first.ask(first.client.allocate()).error(), 401);
}

TEST(no connection gives way to a source at its limit) {
  turn_service_settings small;
  small.tcp.connections = 2;
  small.tcp.per_source = 1;
  small.tcp.grace = 0ms;
  turn_service s{small};
  turn_socket silent{transport::tcp, s.media.port(), {}, "127.0.0.5"};
  turn_socket greedy{transport::tcp, s.media.port(), {}, "127.0.0.6"};
  // For longer than the service takes to find out who could give way.
  auto refused = [&] { return s.status().port.tcp_refused; };
  for (auto until = base::clock::now() + 2500ms; base::clock::now() < until;) {
    turn_socket more{transport::tcp, s.media.port(), {}, "127.0.0.6"};
    CHECK(more.closed_by_server());
  }
  CHECK(eventually([&] { return refused() > 0; }));
  CHECK_EQUAL(s.status().port.tcp_idle, 0u);
  CHECK_EQUAL(silent.ask(silent.client.allocate()).error(), 401);
}

TEST(a source has a hundred new connections a second and two hundred at once) {
  turn_service_settings roomy;
  roomy.tcp.per_source = 1000;
  turn_service s{roomy};
  auto many = connections(s, 400, "127.0.0.5");
  CHECK(eventually([&] { return s.status().port.tcp_refused > 0; }));
  CHECK(s.status().port.tcp_refused <= 200u);
  turn_socket other{transport::tcp, s.media.port(), {}, "127.0.0.6"};
  CHECK_EQUAL(other.ask(other.client.allocate()).error(), 401);
}

// --- media that is unusual

TEST(payloads of every size arrive to the byte over TCP) {
  turn_service s;
  auto a = s.connect(transport::tcp, "alice");
  auto b = s.connect(transport::tcp, "bob");
  join(a, b);
  for (std::size_t size : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 1200u, 1473u, 9000u, 65'535u}) {
    base::buffer payload(size);
    for (std::size_t i = 0; i < size; ++i)
      payload[i] = static_cast<std::byte>(i * 7);
    CHECK(passes(a, b, payload));
    // Padding may be anything, and is not relayed.
    auto frame = turn_client::channel_data(0x4000, payload);
    auto dirty = frame;
    dirty.resize((frame.size() + 3) / 4 * 4, std::byte{0xff});
    a.send_raw(dirty);
    CHECK(b.receive() == frame);
  }
}

TEST(payloads of mixed sizes in one burst arrive to the byte over UDP) {
  turn_service s;
  auto a = s.connect(transport::udp, "alice");
  auto b = s.connect(transport::udp, "bob");
  join(a, b);
  std::vector<base::buffer> sent;
  for (std::size_t size : {1200u, 1200u, 0u, 1473u, 9000u, 1u, 1200u, 65'000u, 3u, 1200u}) {
    sent.push_back(turn_client::channel_data(0x4000, base::buffer(size, std::byte{0x5a})));
    a.send_raw(sent.back());
  }
  for (const auto& frame : sent)
    CHECK(b.receive() == frame);
}

TEST(a client that is gone harms nobody) {
  turn_service s;
  auto a = s.connect(transport::udp, "alice");
  auto b = s.connect(transport::udp, "bob");
  auto c = s.connect(transport::udp, "carol");
  join(a, b);
  auto rc = c.allocate();
  CHECK_EQUAL(c.ask(c.client.permit({rc})).error(), 0);
  b.close(); // the kernel now answers with ICMP port unreachable
  auto frame = turn_client::channel_data(0x4000, base::as_bytes("x"));
  for (int i = 0; i < 500; ++i)
    a.send_raw(frame);
  CHECK(a.ask(a.client.refresh(600)).success());
  c.send(c.client.send(rc, base::as_bytes("to myself")));
  CHECK_EQUAL(stun_copy{c.receive()}.text(attribute::data), "to myself");
}

TEST(a TCP stream byte by byte with media coming the other way stays in step) {
  turn_service s;
  auto a = s.connect(transport::tcp, "alice");
  auto b = s.connect(transport::udp, "bob");
  join(a, b);
  auto frame = a.framed(turn_client::channel_data(0x4000, base::as_bytes("slow and steady")));
  for (auto byte : frame) {
    a.send_raw(base::const_bytes{&byte, 1});
    CHECK(passes(b, a, "meanwhile"));
  }
  CHECK(b.receive() == turn_client::channel_data(0x4000, base::as_bytes("slow and steady")));
}
