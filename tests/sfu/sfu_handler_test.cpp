#define CAF_SUITE sfu_handler
#include "sfu/peer.hpp"
#include "sfu/shell/sfu_handler.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::sfu;
using namespace std::chrono_literals;
using test::layer_source;
using test::peer;
using test::wire;

namespace {

namespace port = media::port;

/// The outbox of a port, by the client's port.
struct outbox : port::outbox {
  wire& to;
  explicit outbox(wire& w) : to(w) {}
  void send(const media::transmit& t) override {
    base::buffer bytes{t.head.begin(), t.head.end()};
    bytes.insert(bytes.end(), t.payload.begin(), t.payload.end());
    to.sent[t.to.client.port].push_back(bytes);
  }
  base::bytes reserve(const media::five_tuple& client, std::size_t most) override {
    reserved_for = client;
    space.resize(most);
    return space;
  }
  void commit(std::size_t used, bool) override {
    if (used != 0)
      to.sent[reserved_for.client.port].emplace_back(space.begin(),
                                                     space.begin() + static_cast<long>(used));
  }
  void offer(const media::five_tuple&, base::const_bytes) override {}
  bool may_handshake(const media::five_tuple&, bool begins) override {
    begun += begins;
    ++asked;
    return handshakes_allowed;
  }
  bool handshakes_allowed = true;
  int begun = 0, asked = 0;
  media::five_tuple reserved_for;
  base::buffer space;
};

struct heard : shell::listener {
  std::vector<session::event> events;
  void on_events(std::vector<session::event> e) override {
    events.insert(events.end(), e.begin(), e.end());
  }
};

struct fixture {
  base::time_point now{1h};
  wire net;
  outbox out{net};
  shell::sfu_handler handler{{dtls::certificate::make(), {}, 20, 10}};
  std::shared_ptr<heard> listener = std::make_shared<heard>();
  std::size_t unclaimed = 0;
  peer alice{net, now, 1}, bob{net, now, 2};

  fixture() {
    handler.subscribe(listener);
    for (auto p : {&alice, &bob}) {
      p->deliver = [this](const ice::path& from, base::buffer bytes) {
        unclaimed += !takes(from, bytes);
        work();
      };
      p->ask = [this, p](const sdp::description& d) {
        std::optional<peer::negotiated> got;
        handler.post(shell::offer{p->id, d, [&](auto r) { got.emplace(std::move(r)); }});
        work();
        return got ? std::move(*got) : peer::negotiated{base::failure{sdp::refusal::no_sections}};
      };
      handler.post(shell::join{"room", p->id, "PA", {}});
    }
    work();
  }

  bool takes(const ice::path& from, base::const_bytes in) {
    return handler.receive(port::make_packet({now, 0}, from, in), out) == port::claim::mine;
  }

  void work() { handler.work({now, 0}, out); }

  void call() {
    REQUIRE(alice.negotiate({{"0", "video", "sendonly", 100}}));
    REQUIRE(bob.negotiate({{"0", "video", "recvonly"}}));
    REQUIRE(alice.connect());
    REQUIRE(bob.connect());
  }
};

} // namespace

FIXTURE_SCOPE(sfu_handler_tests, fixture)

TEST(media passes from one client to the other) {
  call();
  layer_source camera{100, 10, 1000, 50};
  for (auto& p : camera.frame(true))
    alice.send_rtp(alice.marked(p, "0"));
  bob.collect();
  CHECK_EQUAL(bob.received.size(), 3u);
  CHECK_EQUAL(unclaimed, 0u);
}

TEST(what belongs to others is not taken) {
  call();
  CHECK(!takes(alice.path(), base::buffer(8, std::byte{0x40})));
  base::buffer rtp(20, std::byte{0x80});
  CHECK(takes(alice.path(), rtp));
  alice.port = 1;
  CHECK(!takes(alice.path(), rtp));
  // A Binding request without a name of ours is for STUN.
  std::array<std::byte, 64> space;
  ice::stun::message_writer w{
      space, ice::stun::message_class::request, ice::stun::method::binding, {}};
  auto plain = base::to_buffer(*w.finish());
  CHECK(!takes(alice.path(), plain));
}

TEST(a client over TCP comes back on another connection when the first one ends) {
  alice.by = media::transport::ice_tcp;
  alice.tcp_connection = 7;
  call();
  CHECK(handler.wants(alice.path()));
  handler.closed(alice.path());
  CHECK(!handler.wants(alice.path()));
  layer_source camera{100, 10, 1000, 50};
  base::buffer lost = alice.marked(camera.frame(true)[0], "0");
  alice.send_rtp(lost);
  CHECK_EQUAL(unclaimed, 1u);
  alice.tcp_connection = 8;
  alice.check();
  CHECK(handler.wants(alice.path()));
  for (auto& p : camera.frame(true))
    alice.send_rtp(alice.marked(p, "0"));
  bob.collect();
  CHECK_EQUAL(bob.received.size(), 3u);
}

TEST(a client through the relay of this server gets and sends media as any other) {
  bob.by = media::transport::relayed;
  call();
  layer_source camera{100, 10, 1000, 50};
  for (auto& p : camera.frame(true))
    alice.send_rtp(alice.marked(p, "0"));
  bob.collect();
  CHECK_EQUAL(bob.received.size(), 3u);
}

TEST(a handshake beyond the budget of the port is not worked on) {
  REQUIRE(alice.negotiate({{"0", "video", "sendonly", 100}}));
  REQUIRE(bob.negotiate({{"0", "video", "recvonly"}}));
  out.handshakes_allowed = false;
  CHECK(!alice.connect());
  CHECK_EQUAL(out.begun, 1);
  CHECK_EQUAL(out.asked, 1);
  CHECK_EQUAL(unclaimed, 0u);
  out.handshakes_allowed = true;
  CHECK(bob.connect());
  CHECK_EQUAL(out.begun, 2);
  // A handshake that has ended is not asked for again.
  auto asked = out.asked;
  bob.send_rtcp(base::buffer{std::byte{0x80}, std::byte{201}, std::byte{0}, std::byte{1},
                             std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}});
  base::buffer alert{std::byte{21}, std::byte{0xfe}, std::byte{0xfd}};
  CHECK(takes(bob.path(), alert));
  CHECK_EQUAL(out.asked, asked);
}

TEST(the listener hears what happens) {
  call();
  std::size_t connected = 0, published = 0;
  for (auto& e : listener->events) {
    connected += e.what == session::event::kind::connected;
    published += e.what == session::event::kind::published;
  }
  CHECK_EQUAL(connected, 2u);
  CHECK_EQUAL(published, 1u);
}

TEST(one who left is known no more) {
  call();
  CHECK(handler.wants(alice.path()));
  handler.post(shell::leave{1});
  work();
  CHECK(!handler.wants(alice.path()));
}

TEST(nothing is queued after the end) {
  handler.stopped();
  CHECK(!handler.post(shell::leave{1}));
  CHECK(!handler.post(shell::join{}));
}

TEST(a datagram larger than a network carries is dropped) {
  call();
  base::buffer large(2000, std::byte{0x80});
  CHECK(takes(alice.path(), large));
  layer_source camera{100, 10, 1000, 50};
  alice.send_rtp(alice.marked(camera.frame(true)[0], "0"));
  bob.collect();
  CHECK_EQUAL(bob.received.size(), 1u);
}

FIXTURE_SCOPE_END()
