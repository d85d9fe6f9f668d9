#define CAF_SUITE media_port
#include "media/port/media_port.hpp"

#include "support/hex.hpp"
#include "support/test.hpp"
#include "support/turn_socket.hpp"
#include "turn/little_relay.hpp"
#include "turn/shell/turn_handler.hpp"

#include <future>
#include <map>
#include <random>
#include <sys/resource.h>

using namespace catchup;
using namespace catchup::turn;
using namespace std::chrono_literals;
using catchup::test::at;
using catchup::test::hex;
using catchup::test::stun_copy;
using catchup::test::turn_client;
using catchup::test::turn_socket;
using stun::attribute;

namespace {

using catchup::test::little_relay;
using catchup::test::loopback;

media::port::media_port_config loopback_config() {
  media::port::media_port_config out;
  out.bind = loopback;
  out.port = 0;
  return out;
}

struct fixture {
  explicit fixture(media::port::media_port_config c = loopback_config())
    : media(std::move(c), {{turn}}) {
    turn->subscribe(relay);
    media.start();
  }

  credentials user(std::string_view name) const {
    return make_credentials("s3cr3t", name, base::unix_now() + 3600);
  }
  turn_socket connect(transport t, std::string_view name = "alice") {
    return {t, media.port(), user(name)};
  }
  /// Waits for something that another thread does.
  template <class F>
  static bool eventually(F f) {
    for (int i = 0; i < 500; ++i) {
      if (f())
        return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  std::shared_ptr<shell::turn_handler> turn = std::make_shared<shell::turn_handler>(
      core_config{.secret = "s3cr3t", .limits = {0, 0, {}, {}}});
  std::shared_ptr<little_relay> relay = std::make_shared<little_relay>(turn);
  media::port::media_port media;
};

/// Both allocate and bind channels to each other.
void join(turn_socket& a, turn_socket& b) {
  auto relayed_a = a.allocate();
  auto relayed_b = b.allocate();
  CHECK_EQUAL(a.ask(a.client.bind(0x4000, relayed_b)).error(), 0);
  CHECK_EQUAL(b.ask(b.client.bind(0x4001, relayed_a)).error(), 0);
}

bool passes(turn_socket& from, std::uint16_t channel, turn_socket& to, std::uint16_t arrives_on,
            base::const_bytes payload) {
  from.send(turn_client::channel_data(channel, payload));
  return to.receive() == turn_client::channel_data(arrives_on, payload);
}

base::buffer noise(std::size_t size, std::mt19937& random) {
  base::buffer out(size);
  for (auto& b : out)
    b = static_cast<std::byte>(random());
  return out;
}

struct few_connections : fixture {
  static media::port::media_port_config few() {
    auto out = loopback_config();
    out.limits.per_source = 3;
    out.limits.idle = 1s;
    return out;
  }
  few_connections() : fixture(few()) {}
};

struct any_address : fixture {
  static media::port::media_port_config any() {
    auto out = loopback_config();
    out.bind.reset();
    return out;
  }
  any_address() : fixture(any()) {}
};

} // namespace

TEST(a client reaches a service of this port through the relay and hears from it) {
  /// Echoes what comes through the relay, sealed in place, and nothing else.
  struct echo final : media::port::handler {
    media::port::claim receive(const media::port::packet& p, media::port::outbox& out) override {
      if (p.from.transport != transport::relayed)
        return media::port::claim::not_mine;
      from = p.from;
      auto space = out.reserve(p.from, p.bytes.size());
      std::copy(p.bytes.begin(), p.bytes.end(), space.begin());
      out.commit(p.bytes.size(), true);
      out.send({p.from, base::as_bytes("and "), base::as_bytes("more"), 0, true});
      return media::port::claim::mine;
    }
    bool wants(const five_tuple&) override { return false; }
    void closed(const five_tuple&) override {}
    int wake_fd() const override { return waker.fd(); }
    void work(const media::timestamps&, media::port::outbox&) override {}
    void tick(const media::timestamps&, media::port::outbox&) override {}
    void stopped() override {}
    media::port::waker waker;
    five_tuple from;
  };
  base::endpoint service{test::loopback, 3478};
  auto own = std::make_shared<echo>();
  auto turn = std::make_shared<shell::turn_handler>(
      core_config{.secret = "s3cr3t", .local_services = {service}});
  auto relay = std::make_shared<little_relay>(turn, address_plan{{test::loopback}, {service}});
  turn->subscribe(relay);
  media::port::media_port port{loopback_config(), {{own, turn}}};
  port.start();
  for (auto kind : {transport::udp, transport::tcp}) {
    turn_socket c{kind, port.port(), make_credentials("s3cr3t", "alice", base::unix_now() + 600)};
    auto relayed = c.allocate();
    CHECK_EQUAL(c.ask(c.client.bind(0x4000, service)).error(), 0);
    for (std::string_view text : {"\x80 RTP", "\x16 DTLS", "anything"}) {
      auto frame = turn_client::channel_data(0x4000, base::as_bytes(text));
      c.send(frame);
      CHECK(c.receive() == frame);
      CHECK(c.receive() == turn_client::channel_data(0x4000, base::as_bytes("and more")));
    }
    CHECK(own->from.client == relayed);
    CHECK(own->from.server == service);
  }
  port.stop();
  turn->unsubscribe(relay.get());
}

FIXTURE_SCOPE(media_port_tests, fixture)

TEST(it says which port it got and answers there over UDP and TCP) {
  CHECK(media.port() != 0);
  for (auto t : {transport::udp, transport::tcp}) {
    auto c = connect(t);
    turn_client bare{{}, {}};
    c.client = bare;
    auto out = c.ask(c.client.request(stun::method::binding));
    CHECK(out.address(attribute::xor_mapped_address) == at("127.0.0.1", c.local_port()));
  }
}

TEST(two allocations relay to each other over every pair of transports) {
  std::mt19937 random{1};
  for (auto [one, two] :
       {std::pair{transport::udp, transport::udp}, std::pair{transport::udp, transport::tcp},
        std::pair{transport::tcp, transport::udp}, std::pair{transport::tcp, transport::tcp}}) {
    auto a = connect(one, "alice");
    auto b = connect(two, "bob");
    join(a, b);
    for (std::size_t size : {0, 1, 2, 3, 4, 5, 172, 1200, 1473, 9000}) {
      auto payload = noise(size, random);
      CHECK(passes(a, 0x4000, b, 0x4001, payload));
      CHECK(passes(b, 0x4001, a, 0x4000, payload));
    }
  }
}

TEST(indications pass where nobody has bound a channel) {
  for (auto t : {transport::udp, transport::tcp}) {
    auto a = connect(t, "alice");
    auto b = connect(t, "bob");
    auto relayed_a = a.allocate();
    auto relayed_b = b.allocate();
    CHECK_EQUAL(a.ask(a.client.permit({relayed_b})).error(), 0);
    CHECK_EQUAL(b.ask(b.client.permit({relayed_a})).error(), 0);
    for (std::string_view payload : {"", "x", "xy", "xyz", "wxyz", "hello"}) {
      a.send(a.client.send(relayed_b, base::as_bytes(payload)));
      stun_copy m{b.receive()};
      CHECK(m.view().method() == stun::method::data);
      CHECK(m.address(attribute::xor_peer_address) == relayed_a);
      CHECK_EQUAL(m.text(attribute::data), payload);
    }
  }
}

TEST(frames arrive whole however the stream is cut) {
  auto a = connect(transport::tcp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  std::mt19937 random{2};
  base::buffer stream;
  std::vector<base::buffer> sent;
  for (std::size_t size : {5, 0, 1200, 3, 700, 1, 64, 1199}) {
    sent.push_back(noise(size, random));
    auto frame = a.framed(turn_client::channel_data(0x4000, sent.back()));
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  for (std::size_t step : {1ul, 3ul, 7ul, 1000ul, stream.size()}) {
    for (std::size_t i = 0; i < stream.size(); i += step)
      a.send_raw(base::const_bytes{stream}.subspan(i, std::min(step, stream.size() - i)));
    for (const auto& payload : sent)
      CHECK(b.receive() == turn_client::channel_data(0x4001, payload));
  }
}

TEST(a stream torn in the middle is not disturbed by what comes the other way) {
  auto a = connect(transport::tcp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  auto frame = a.framed(turn_client::channel_data(0x4000, base::as_bytes("torn apart")));
  for (std::size_t i = 0; i < frame.size(); ++i) {
    a.send_raw(base::const_bytes{frame}.subspan(i, 1));
    CHECK(passes(b, 0x4001, a, 0x4000, base::as_bytes("meanwhile")));
  }
  CHECK(b.receive() == turn_client::channel_data(0x4001, base::as_bytes("torn apart")));
}

TEST(after thousands of junk datagrams it serves as before) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  auto vandal = connect(transport::udp);
  std::mt19937 random{3};
  auto seed = vandal.client.allocate();
  for (int i = 0; i < 5000; ++i) {
    auto in = noise(random() % 200, random);
    if (i % 3 == 0)
      in = seed;
    if (!in.empty())
      in[random() % in.size()] = static_cast<std::byte>(random());
    vandal.send(in);
    if (i % 50 == 0)
      CHECK(passes(a, 0x4000, b, 0x4001, base::as_bytes("still here")));
  }
  CHECK(passes(b, 0x4001, a, 0x4000, base::as_bytes("still here")));
}

TEST(a connection that speaks something else is closed) {
  for (auto text : {"474554202f20485454502f312e310d0a", "160301020001000100", "05010002",
                    "80c80006", "0001ffec2112a442", "4000ffff"}) {
    auto c = connect(transport::tcp);
    c.send_raw(hex(text));
    CHECK(c.closed_by_server());
  }
}

TEST(a client that never reads loses media and harms nobody) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::tcp, "bob");
  join(a, b);
  auto c = connect(transport::udp, "carol");
  auto d = connect(transport::udp, "dave");
  join(c, d);
  base::buffer payload(1200);
  auto frame = turn_client::channel_data(0x4000, payload);
  CHECK(eventually([&] {
    for (int i = 0; i < 300; ++i)
      a.send(frame);
    return media.counters().tcp_dropped > 0;
  }));
  CHECK(passes(c, 0x4000, d, 0x4001, base::as_bytes("unharmed")));
  // The frames that arrive are whole, and the connection still works.
  std::size_t n = 0;
  for (auto in = b.receive(); !in.empty(); in = b.receive(300), ++n)
    CHECK_EQUAL(in.size(), 1204u);
  CHECK(n > 10);
  CHECK_EQUAL(b.ask(b.client.refresh(600)).error(), 0);
}

TEST(the end of a TCP connection ends its allocation) {
  auto a = connect(transport::udp, "alice");
  {
    auto b = connect(transport::tcp, "bob");
    join(a, b);
  }
  CHECK(eventually([&] { return relay->closed == 1; }));
  a.send(turn_client::channel_data(0x4000, base::as_bytes("gone")));
  CHECK_EQUAL(a.ask(a.client.refresh(600)).error(), 0);
}

TEST(usage is reported now and then) {
  auto a = connect(transport::udp, "alice");
  auto b = connect(transport::udp, "bob");
  join(a, b);
  CHECK(passes(a, 0x4000, b, 0x4001, base::as_bytes("one")));
  CHECK(eventually([&] { return relay->packets >= 1; }));
  int reports = relay->reports;
  auto until = base::clock::now() + 1s;
  while (base::clock::now() < until)
    CHECK(passes(a, 0x4000, b, 0x4001, base::as_bytes("more")));
  CHECK(relay->reports - reports <= 3);
}

TEST(it stops at once and may be told twice) {
  auto a = connect(transport::tcp, "alice");
  a.allocate();
  media.stop();
  CHECK(a.closed_by_server());
  CHECK(!turn->post(turn::reply{}));
  media.stop();
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(media_port_limit_tests, few_connections)

TEST(a source has at most so many TCP connections) {
  std::vector<std::unique_ptr<turn_socket>> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(std::make_unique<turn_socket>(transport::tcp, media.port(), user("alice")));
    all.back()->allocate();
  }
  auto refused = connect(transport::tcp);
  CHECK(refused.closed_by_server());
  all.pop_back();
  CHECK(eventually([&] { return relay->closed == 1; }));
  connect(transport::tcp).allocate();
}

TEST(a connection without an allocation is closed and one with it is not ) {
  auto silent = connect(transport::tcp);
  auto half = connect(transport::tcp);
  half.send_raw(hex("0001"));
  auto kept = connect(transport::tcp);
  kept.allocate();
  CHECK(silent.closed_by_server());
  CHECK(half.closed_by_server());
  CHECK_EQUAL(kept.ask(kept.client.refresh(600)).error(), 0);
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(media_port_address_tests, any_address)

TEST(on all addresses it answers from the one that was asked) {
  for (auto t : {transport::udp, transport::tcp}) {
    auto c = connect(t); // connected: only answers from there arrive
    c.allocate();
  }
  int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(media.port());
  to.sin_addr.s_addr = htonl(0x7f000009); // 127.0.0.9, which no route would choose
  turn_client c{{}, {}};
  auto in = c.request(stun::method::binding);
  REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  REQUIRE(::send(fd, in.data(), in.size(), 0) > 0);
  pollfd p{fd, POLLIN, 0};
  CHECK_EQUAL(::poll(&p, 1, 5000), 1);
  ::close(fd);
}

TEST(an IPv6 client is served where the machine has IPv6) {
  int fd = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 to{};
  to.sin6_family = AF_INET6;
  to.sin6_port = htons(media.port());
  to.sin6_addr = in6addr_loopback;
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) {
    CAF_MESSAGE("this machine has no IPv6");
    return;
  }
  turn_client c{{}, {}};
  auto in = c.request(stun::method::binding);
  REQUIRE(::send(fd, in.data(), in.size(), 0) > 0);
  pollfd p{fd, POLLIN, 0};
  REQUIRE_EQUAL(::poll(&p, 1, 5000), 1);
  base::buffer out(100);
  out.resize(static_cast<std::size_t>(::recv(fd, out.data(), out.size(), 0)));
  CHECK(stun_copy{out}.address(attribute::xor_mapped_address)->ip == at("::1", 0).ip);
  ::close(fd);
}

FIXTURE_SCOPE_END()
