// TURN over TLS on the port that plain TCP uses, with real sockets.
#define CAF_SUITE turn_tls
#include "support/secure_socket.hpp"
#include "support/turn_service.hpp"

using namespace catchup;
using catchup::test::at;
using catchup::test::make_certificate;
using catchup::test::passes;
using catchup::test::secure_socket;
using catchup::test::tls_client;
using catchup::test::turn_client;
using catchup::test::turn_socket;
using turn::transport;
using turn::stun::attribute;

namespace {

const auto certificate = make_certificate("first");

std::shared_ptr<media::port::tls_slot> slot_with(const test::test_certificate& c) {
  auto out = std::make_shared<media::port::tls_slot>();
  out->set(*media::tls_identity::load(c.chain, c.key));
  return out;
}

test::turn_service_settings secure(std::shared_ptr<media::port::tls_slot> slot) {
  test::turn_service_settings out;
  out.tcp.tls = std::move(slot);
  return out;
}

} // namespace

TEST(a client over TLS and one over UDP talk to each other) {
  test::turn_service s{secure(slot_with(certificate))};
  secure_socket a{s, "alice"};
  auto b = s.connect(transport::udp, "bob");
  auto ra = a.allocate();
  auto rb = b.allocate();
  CHECK_EQUAL(a.ask(a.client.bind(0x4000, rb)).error(), 0);
  CHECK_EQUAL(b.ask(b.client.bind(0x4000, ra)).error(), 0);
  for (std::size_t size : {0u, 1u, 5u, 1200u, 9000u, 60'000u}) {
    auto frame = turn_client::channel_data(0x4000, base::buffer(size, std::byte{0x33}));
    a.send(frame);
    CHECK(b.receive() == frame);
    b.send(frame);
    CHECK(a.receive() == frame);
  }
}

TEST(plain TCP is served beside TLS) {
  test::turn_service s{secure(slot_with(certificate))};
  auto a = s.connect(transport::tcp, "alice");
  auto b = s.connect(transport::tcp, "bob");
  test::join(a, b);
  CHECK(passes(a, b, "plain"));
}

TEST(without a certificate TLS is something else and the connection is closed) {
  test::turn_service s;
  auto a = s.connect(transport::tcp, "alice");
  tls_client tls;
  a.send_raw(tls.feed({}));
  CHECK(a.closed_by_server());
}

TEST(a TLS record that is broken ends the connection and no other) {
  test::turn_service s{secure(slot_with(certificate))};
  secure_socket a{s, "alice"};
  a.allocate();
  auto bad = s.connect(transport::tcp, "eve");
  bad.send_raw(base::buffer{std::byte{0x16}, std::byte{3}, std::byte{1}, std::byte{0}, std::byte{4},
                            std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0}});
  CHECK(bad.closed_by_server());
  CHECK(a.ask(a.client.refresh(600)).success());
}

TEST(a handshake that is never finished is closed in time) {
  auto settings = secure(slot_with(certificate));
  settings.tcp.idle = std::chrono::seconds{1};
  test::turn_service s{settings};
  auto slow = s.connect(transport::tcp, "eve");
  tls_client tls;
  auto hello = tls.feed({});
  slow.send_raw(base::const_bytes{hello}.first(20));
  CHECK(slow.closed_by_server());
}

TEST(beyond the handshakes of its source a client over TLS is closed and one over TCP is not ) {
  auto settings = secure(slot_with(certificate));
  settings.tcp.handshakes.of_source = 1; // two at once
  test::turn_service s{settings};
  secure_socket a{s, "alice"}, b{s, "bob"};
  a.allocate();
  auto third = s.connect(transport::tcp, "eve");
  tls_client tls;
  third.send_raw(tls.feed({}));
  CHECK(third.closed_by_server(500));
  s.connect(transport::tcp, "carol").allocate();
  CHECK(a.ask(a.client.refresh(600)).success());
}

TEST(more handshakes at once than have a turn before media all end well) {
  auto settings = secure(slot_with(certificate));
  settings.tcp.handshakes.steps = 1;
  test::turn_service s{settings};
  std::vector<std::unique_ptr<turn_socket>> sockets;
  std::vector<std::unique_ptr<tls_client>> sessions;
  for (int i = 0; i < 16; ++i) {
    sockets.push_back(
        std::make_unique<turn_socket>(transport::tcp, s.media.port(), turn::credentials{}));
    sessions.push_back(std::make_unique<tls_client>());
  }
  for (std::size_t i = 0; i < sockets.size(); ++i)
    sockets[i]->send_raw(sessions[i]->feed({}));
  std::array<std::byte, 16'384> space;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    for (ssize_t n = 1; !sessions[i]->connected() && n > 0;) {
      n = ::recv(sockets[i]->fd(), space.data(), space.size(), 0);
      auto in = base::const_bytes{space}.first(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      sockets[i]->send_raw(sessions[i]->feed(in));
    }
    CHECK(sessions[i]->connected());
  }
}

TEST(a client frames as ICE inside of TLS as well and is nobody to TURN) {
  auto settings = secure(slot_with(certificate));
  settings.tcp.idle = std::chrono::seconds{1};
  test::turn_service s{settings};
  secure_socket a{s, "eve"};
  auto check = a.client.request(turn::stun::method::binding);
  base::buffer stream{static_cast<std::byte>(check.size() >> 8),
                      static_cast<std::byte>(check.size())};
  stream.insert(stream.end(), check.begin(), check.end());
  stream.resize((stream.size() + 3) / 4 * 4); // begins the length of what never comes
  auto before = s.media.counters().unclaimed.load();
  a.send(stream);
  CHECK(a.socket.closed_by_server());
  CHECK_EQUAL(s.media.counters().unclaimed.load(), before + 1);
}

TEST(a new certificate counts for new connections and old ones go on) {
  auto slot = slot_with(certificate);
  test::turn_service s{secure(slot)};
  secure_socket a{s, "alice"};
  a.allocate();
  CHECK_EQUAL(a.tls.peer(), "first");
  auto renewed = make_certificate("second");
  slot->set(*media::tls_identity::load(renewed.chain, renewed.key));
  secure_socket b{s, "bob"};
  CHECK_EQUAL(b.tls.peer(), "second");
  CHECK(a.ask(a.client.refresh(600)).success());
}
