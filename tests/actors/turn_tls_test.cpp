// TURN over TLS on the port that plain TCP uses, with real sockets.
#define CAF_SUITE turn_tls
#include "support/tls_client.hpp"
#include "support/turn_service.hpp"

using namespace catchup;
using catchup::test::at;
using catchup::test::make_certificate;
using catchup::test::passes;
using catchup::test::stun_copy;
using catchup::test::tls_client;
using catchup::test::turn_client;
using catchup::test::turn_socket;
using turn::transport;
using turn::stun::attribute;

namespace {

const auto certificate = make_certificate("first");

std::shared_ptr<turn::port::tls_slot> slot_with(const test::test_certificate& c) {
  auto out = std::make_shared<turn::port::tls_slot>();
  out->set(*turn::tls_identity::load(c.chain, c.key));
  return out;
}

test::turn_service_settings secure(std::shared_ptr<turn::port::tls_slot> slot) {
  test::turn_service_settings out;
  out.tcp.tls = std::move(slot);
  return out;
}

/// A client that speaks TLS; frames need no padding of their own to be told apart
/// here, for each is awaited alone.
class secure_client {
public:
  secure_client(const test::turn_service& to, std::string_view user)
    : socket(to.connect(transport::tcp, user)) {
    auto hello = tls.feed({});
    socket.send_raw(hello);
    while (!tls.connected() && more()) {
    }
    CHECK(tls.connected());
  }

  void send(const base::buffer& frame) { socket.send_raw(tls.seal(socket.framed(frame))); }

  base::buffer receive() {
    while (true) {
      auto& in = tls.plain();
      if (in.size() >= 4) {
        base::reader r{in};
        auto type = r.u16();
        std::size_t frame = r.u16() + (type < 0x4000 ? std::size_t{20} : std::size_t{4});
        auto on_wire = (frame + 3) / 4 * 4;
        if (in.size() >= on_wire) {
          base::buffer out{in.begin(), in.begin() + static_cast<std::ptrdiff_t>(frame)};
          in.erase(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(on_wire));
          return out;
        }
      }
      if (!more())
        return {};
    }
  }
  stun_copy ask(const base::buffer& in) {
    send(in);
    return stun_copy{receive()};
  }
  base::endpoint allocate() {
    socket.client.learn(ask(socket.client.allocate()));
    auto out = ask(socket.client.allocate());
    REQUIRE(out.success());
    return *out.address(attribute::xor_relayed_address);
  }

  turn_socket socket;
  tls_client tls;

private:
  bool more() {
    std::array<std::byte, 65'536> space;
    pollfd p{socket.fd(), POLLIN, 0};
    if (::poll(&p, 1, 5000) != 1)
      return false;
    auto n = ::recv(socket.fd(), space.data(), space.size(), 0);
    if (n <= 0)
      return false;
    auto back = tls.feed(base::const_bytes{space}.first(static_cast<std::size_t>(n)));
    socket.send_raw(back);
    return true;
  }
};

} // namespace

TEST(a client over TLS and one over UDP talk to each other) {
  test::turn_service s{secure(slot_with(certificate))};
  secure_client a{s, "alice"};
  auto b = s.connect(transport::udp, "bob");
  auto ra = a.allocate();
  auto rb = b.allocate();
  CHECK_EQUAL(a.ask(a.socket.client.bind(0x4000, rb)).error(), 0);
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
  secure_client a{s, "alice"};
  a.allocate();
  auto bad = s.connect(transport::tcp, "eve");
  bad.send_raw(base::buffer{std::byte{0x16}, std::byte{3}, std::byte{1}, std::byte{0}, std::byte{4},
                            std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0}});
  CHECK(bad.closed_by_server());
  CHECK(a.ask(a.socket.client.refresh(600)).success());
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

TEST(a new certificate counts for new connections and old ones go on) {
  auto slot = slot_with(certificate);
  test::turn_service s{secure(slot)};
  secure_client a{s, "alice"};
  a.allocate();
  CHECK_EQUAL(a.tls.peer(), "first");
  auto renewed = make_certificate("second");
  slot->set(*turn::tls_identity::load(renewed.chain, renewed.key));
  secure_client b{s, "bob"};
  CHECK_EQUAL(b.tls.peer(), "second");
  CHECK(a.ask(a.socket.client.refresh(600)).success());
}
