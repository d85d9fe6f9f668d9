// Attacks of unauthenticated and malicious clients, on real sockets.
#define CAF_SUITE turn_abuse
#include "media/port/file_descriptor.hpp"
#include "media/port/socket_address.hpp"
#include "support/hex.hpp"
#include "support/turn_service.hpp"

#include <ifaddrs.h>

using namespace catchup;
using catchup::test::at;
using catchup::test::hex;
using catchup::test::join;
using catchup::test::passes;
using catchup::test::stun_copy;
using catchup::test::turn_client;
using catchup::test::turn_socket;
using turn::transport;
using turn::stun::attribute;
using turn::stun::message_class;
using turn::stun::message_writer;
using turn::stun::method;

namespace {

using bytes = base::buffer;

/// Without limits for strangers: what is tested here is what they are told.
test::turn_service_settings unlimited() {
  test::turn_service_settings out;
  out.core.strangers = 0;
  out.core.requests = 0;
  return out;
}

struct fixture : test::turn_service {
  fixture() : turn_service(unlimited()) {}

  turn_socket udp(std::string_view user = "alice") { return connect(transport::udp, user); }
  turn_socket tcp(std::string_view user = "alice") { return connect(transport::tcp, user); }

  /// Nothing comes back before the answer to a request sent after it.
  bool ignored(turn_socket& s, base::const_bytes in) {
    s.send_raw(in);
    auto marker = s.client.request(method::binding);
    s.send_raw(marker);
    auto out = stun_copy{s.receive()};
    return out.view().transaction() == s.client.transaction();
  }
  bool alive() {
    auto s = udp();
    return s.ask(s.client.request(method::binding)).success();
  }
};

/// A UDP socket of this machine on a port of at least `least`.
std::pair<media::port::file_descriptor, std::uint16_t> bound_beyond(int least) {
  for (int port = least; port < 65'536; ++port) {
    media::port::file_descriptor fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    media::port::socket_address to{at("127.0.0.1", static_cast<std::uint16_t>(port)), false};
    if (fd && ::bind(fd.get(), to.data(), to.size()) == 0)
      return {std::move(fd), static_cast<std::uint16_t>(port)};
  }
  FAIL_TEST("no port is free");
}

bytes request(method m, const turn_client::fill& f, message_class cls = message_class::request) {
  bytes space(65'536);
  message_writer w{space, cls, m, {}};
  if (f)
    f(w);
  return base::to_buffer(*w.finish());
}

} // namespace

FIXTURE_SCOPE(turn_abuse_tests, fixture)

TEST(broken messages are dropped and the server lives) {
  auto s = udp();
  for (auto text :
       {"00010005 2112a442 000000000000000000000001 80220001 61", // no padding
        "0001fffc 2112a442 000000000000000000000001",             // length
        "0001ffff 2112a442 000000000000000000000001",             //
        "00010002 2112a442 000000000000000000000001 0000",        // not times 4
        "00010008 2112a442 000000000000000000000001",             // more than there is
        "00010000 2112a442 000000000000000000000001 80220000",    // less
        "00010004 2112a442 000000000000000000000001 8022ffff",    // attribute
        "00010000 2112a443 000000000000000000000001",             // cookie
        "0001000c 2112a442 000000000000000000000001 80280004 00000000 80220000", // not last
        "00010008 2112a442 000000000000000000000001 80280004 deadbeef",          // CRC
        "00"})
    CHECK(ignored(s, hex(text)));
  CHECK(alive());
}

TEST(a message of very many or very long attributes is read in one pass) {
  auto s = udp();
  auto many = s.client.request(method::binding, [](auto& w) {
    for (int i = 0; i < 1000; ++i)
      w.add(attribute{0xc000}, {});
  });
  CHECK(s.ask(many).success());
  bytes name(10'000, std::byte{'x'});
  auto out = s.ask(s.client.request(method::allocate, [](auto& w) { w.add_integrity({}); }));
  CHECK_EQUAL(out.error(), 400);
  s.send_raw(request(method::allocate, [&](auto& w) {
    w.add(attribute::username, name);
    w.add(attribute::realm, name);
    w.add(attribute::nonce, name);
    w.add_integrity({});
  }));
  CHECK_EQUAL(stun_copy{s.receive()}.error(), 400);
}

TEST(of all message types only requests that exist are answered) {
  auto s = udp();
  int answered = 0;
  for (unsigned type = 0; type < 0x10000;) {
    for (int i = 0; i < 64; ++i, ++type) {
      auto in = hex("00000000 2112a442 000000000000000000000009");
      in[0] = static_cast<std::byte>(type >> 8);
      in[1] = static_cast<std::byte>(type);
      s.send_raw(in);
    }
    s.send_raw(s.client.request(method::binding));
    for (;;) {
      auto out = stun_copy{s.receive()};
      if (out.view().transaction() == s.client.transaction())
        break;
      CHECK(out.view().cls() == message_class::success || out.view().cls() == message_class::error);
      ++answered;
    }
  }
  CHECK_EQUAL(answered, 5); // Binding, Allocate, Refresh, CreatePermission, ChannelBind
}

TEST(bytes that are no STUN are ignored over UDP and end a TCP connection) {
  for (auto text : {"474554202f20485454502f312e310d0a0d0a",               // HTTP
                    "16030100c8010000c40303000102030405060708090a0b0c0d", // TLS
                    "8060000100000000deadbeef0102030405060708",           // RTP
                    "16feff0000000000000000002a",                         // DTLS
                    "050100", "ffffffffffffffff"}) {                      // SOCKS, anything
    auto s = udp();
    CHECK(ignored(s, hex(text)));
    auto c = tcp();
    c.send_raw(hex(text));
    c.send_raw(bytes(32));
    CHECK(c.closed_by_server());
  }
  auto c = tcp();
  c.send_raw(hex("0001ffec"));
  c.send_raw(bytes(65'000));
  CHECK(c.closed_by_server());
  CHECK(alive());
}

TEST(random bytes and broken samples are survived) {
  auto s = udp();
  std::uint64_t seed = 7;
  auto next = [&] {
    return seed = seed * 6364136223846793005ULL + 1442695040888963407ULL, seed >> 33;
  };
  auto sample = request(method::allocate, [](auto& w) {
    w.add_u32(attribute::requested_transport, 17u << 24);
    w.add_text(attribute::username, "1800000000:a");
    w.add_text(attribute::realm, "catchup");
    w.add_text(attribute::nonce, "obMatJos2gAAAxxxx");
    w.add_integrity(base::as_bytes("key"));
    w.add_fingerprint();
  });
  int rounds = std::getenv("TEST_LONG") != nullptr ? 1'000'000 : 5000;
  for (int i = 0; i < rounds; ++i) {
    bytes in = sample;
    if (i % 2 == 0)
      in[next() % in.size()] ^= static_cast<std::byte>(1u << next() % 8);
    else
      in.resize(next() % 100);
    if (i % 4 == 1)
      for (auto& b : in)
        b = static_cast<std::byte>(next());
    s.send_raw(in);
    if (i % 64 == 0)
      while (!s.receive(0).empty()) {
      }
  }
  CHECK(alive());
}

TEST(indications are never answered) {
  auto s = udp();
  auto send = s.client.send(at("203.0.113.1", 50'000), base::as_bytes("x"));
  CHECK(ignored(s, send));
  CHECK(ignored(s, turn_client::channel_data(0x4000, base::as_bytes("x"))));
  CHECK(ignored(s, request(method::data, {}, message_class::indication)));
  auto unknown = [](auto& w) { w.add_u32(attribute{0x7001}, 0); };
  for (auto m : {method::send, method::data, method::allocate, method::binding})
    CHECK(ignored(s, request(m, unknown, message_class::indication)));
  s.allocate(); // and no more when there is an allocation
  CHECK(ignored(s, s.client.send(at("203.0.113.1", 50'000), base::as_bytes("x"), unknown)));
  CHECK(ignored(s, request(method::send, {}, message_class::indication)));
}

TEST(no answer to a stranger is more than 26 tenths of what was asked) {
  auto check_all = [](turn_socket s) {
    for (auto m : {method::binding, method::allocate, method::refresh, method::create_permission,
                   method::channel_bind})
      for (auto a : {attribute::software, attribute::requested_transport, attribute{0x7777}})
        for (std::size_t attributes : {0u, 1u, 2u, 5u})
          for (std::size_t size : {0u, 4u, 20u}) {
            auto in = s.client.request(m, [&](auto& w) {
              for (std::size_t i = 0; i < attributes; ++i)
                w.add(a, base::buffer(size));
            });
            auto out = s.ask(in);
            CHECK(!out.success() || m == method::binding);
            CHECK(out.bytes().size() * 10 <= in.size() * 26);
          }
  };
  check_all(connect(transport::udp, "nobody"));
  check_all(connect(transport::tcp, "nobody"));
}

// --- the closed loop

TEST(nothing but relayed addresses can be a peer however it is spelled) {
  auto s = udp();
  s.allocate();
  auto port = media.port();
  std::vector<base::endpoint> never;
  for (auto ip : {"127.0.0.1",
                  "127.255.255.254",
                  "0.0.0.0",
                  "0.1.2.3",
                  "10.0.0.1",
                  "172.16.0.1",
                  "192.168.1.1",
                  "100.64.0.1",
                  "169.254.169.254",
                  "192.0.2.1",
                  "198.18.0.1",
                  "224.0.0.1",
                  "239.255.255.250",
                  "240.0.0.1",
                  "255.255.255.255",
                  "8.8.8.8",
                  "203.0.113.2",
                  "::",
                  "::1",
                  "::ffff:127.0.0.1",
                  "::ffff:0.0.0.0",
                  "::ffff:10.0.0.1",
                  "::127.0.0.1",
                  "64:ff9b::7f00:1",
                  "64:ff9b::a9fe:a9fe",
                  "64:ff9b:1::1",
                  "2002:7f00:1::",
                  "2001:0:53aa:64c:0:0:80ff:fffe",
                  "fd00:ec2::254",
                  "fe80::1",
                  "fec0::1",
                  "ff02::1",
                  "100::1",
                  "2001:db8::2",
                  "2606:4700:4700::1111"})
    for (std::uint16_t p : std::array<std::uint16_t, 3>{80, 3478, 50'000})
      never.push_back(at(ip, p));
  // Our own address, but where something of ours listens.
  for (int p : {22, 53, 80, 443, 3478, 8000, 8001, 49'151, int{port}})
    if (p < 49'152)
      never.push_back(at("203.0.113.1", static_cast<std::uint16_t>(p)));
  for (const auto& peer : never) {
    auto permit = s.ask(s.client.permit({peer})).error();
    auto bind = s.ask(s.client.bind(0x4000, peer)).error();
    int expected = peer.ip.is_v4() ? 403 : 443;
    CHECK_EQUAL(peer.to_string() + " " + std::to_string(permit) + std::to_string(bind),
                peer.to_string() + " " + std::to_string(expected) + std::to_string(expected));
    s.send(s.client.send(peer, base::as_bytes("x")));
  }
  auto now = status();
  REQUIRE_EQUAL(now.list.size(), 1u);
  CHECK_EQUAL(now.list.front().permissions, 0u);
  CHECK_EQUAL(now.list.front().channels, 0u);
}

TEST(no address of this machine is reached from a relayed one) {
  auto s = udp();
  s.allocate();
  ifaddrs* all = nullptr;
  REQUIRE_EQUAL(::getifaddrs(&all), 0);
  std::size_t looked_at = 0;
  for (auto* i = all; i != nullptr; i = i->ifa_next) {
    if (i->ifa_addr == nullptr ||
        (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
      continue;
    ++looked_at;
    auto ip = media::port::socket_address{*i->ifa_addr}.to_endpoint().ip;
    int expected = ip.is_v4() ? 403 : 443;
    for (int port : {1, 22, 80, 3478, 8000, 8001, 49'151, 49'152, 65'535, int{media.port()}}) {
      base::endpoint peer{ip, static_cast<std::uint16_t>(port)};
      CHECK_EQUAL(s.ask(s.client.permit({peer})).error(), expected);
      CHECK_EQUAL(s.ask(s.client.bind(0x4000, peer)).error(), expected);
    }
  }
  ::freeifaddrs(all);
  CHECK(looked_at >= 1); // loopback at least
}

TEST(a socket that listens where relayed addresses are hears nothing of it) {
  test::turn_service_settings here;
  here.relay.plan.public_ips = {at("127.0.0.1", 0).ip};
  test::turn_service own{here};
  auto s = own.connect(transport::udp, "alice");
  s.allocate();
  auto listens = bound_beyond(49'152);
  auto peer = at("127.0.0.1", listens.second);
  CHECK_EQUAL(s.ask(s.client.permit({peer})).error(), 0); // relayed addresses may be there
  CHECK_EQUAL(s.ask(s.client.bind(0x4000, peer)).error(), 0);
  s.send(s.client.send(peer, base::as_bytes("x")));
  s.send(turn_client::channel_data(0x4000, base::as_bytes("x")));
  CHECK_EQUAL(s.ask(s.client.refresh(600)).error(), 0); // both have been looked at
  pollfd p{listens.first.get(), POLLIN, 0};
  CHECK_EQUAL(::poll(&p, 1, 100), 0);
}

TEST(an address of the other family in disguise is no way in on an IPv6 allocation) {
  auto s = udp();
  s.client.forget_challenge();
  s.client.learn(s.ask(s.client.allocate()));
  auto six = [](auto& w) { w.add_u32(attribute::requested_address_family, 2u << 24); };
  REQUIRE(s.ask(s.client.allocate(six)).success());
  for (auto ip : {"::1", "::", "fe80::1", "fd00:ec2::254", "64:ff9b::7f00:1",
                  "2002:7f00:1::", "::127.0.0.1", "ff02::1", "2001:db8::2"})
    CHECK_EQUAL(s.ask(s.client.permit({at(ip, 50'000)})).error(), 403);
  for (auto ip : {"::ffff:127.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"})
    CHECK_EQUAL(s.ask(s.client.permit({at(ip, 50'000)})).error(), 443);
  CHECK_EQUAL(s.ask(s.client.permit({at("2001:db8::1", 50'000)})).error(), 0);
}

TEST(a good peer beside a forbidden one is not permitted either) {
  auto a = udp("alice");
  auto b = udp("bob");
  auto relayed_a = a.allocate();
  auto relayed_b = b.allocate();
  CHECK_EQUAL(a.ask(a.client.permit({relayed_b, at("10.0.0.1", 9)})).error(), 403);
  CHECK_EQUAL(b.ask(b.client.permit({relayed_a})).error(), 0);
  b.send(b.client.send(relayed_a, base::as_bytes("early")));
  CHECK(ignored(a, {}));
  // A permission is for the address, whatever the port.
  CHECK_EQUAL(a.ask(a.client.permit({at("203.0.113.1", 49'152)})).error(), 0);
  b.send(b.client.send(relayed_a, base::as_bytes("late")));
  CHECK_EQUAL(stun_copy{a.receive()}.text(attribute::data), "late");
}

TEST(of two peers in one indication the second is never reached) {
  auto a = udp("alice");
  auto b = udp("bob");
  auto c = udp("carol");
  auto ra = a.allocate();
  auto rb = b.allocate();
  auto rc = c.allocate();
  CHECK_EQUAL(a.ask(a.client.permit({rb})).error(), 0);
  CHECK_EQUAL(b.ask(b.client.permit({ra})).error(), 0);
  CHECK_EQUAL(c.ask(c.client.permit({ra})).error(), 0);
  a.send(a.client.send(rb, base::as_bytes("x"),
                       [&](auto& w) { w.add_xor_address(attribute::xor_peer_address, rc); }));
  CHECK_EQUAL(stun_copy{b.receive()}.text(attribute::data), "x");
  CHECK(ignored(c, {}));
  auto bad_first = request(
      method::send,
      [&](auto& w) {
        w.add_xor_address(attribute::xor_peer_address, at("10.0.0.1", 9));
        w.add_xor_address(attribute::xor_peer_address, rb);
        w.add(attribute::data, base::as_bytes("y"));
      },
      message_class::indication);
  a.send(bad_first);
  CHECK(ignored(b, {}));
}

TEST(attributes behind the integrity of a request have no effect) {
  auto s = udp();
  s.allocate();
  auto in = s.client.refresh(600);
  auto more = hex("000d0004 00000000"); // LIFETIME 0
  in.insert(in.end(), more.begin(), more.end());
  in[3] = static_cast<std::byte>(in.size() - 20);
  auto out = s.ask(in);
  CHECK(out.success());
  CHECK_EQUAL(*out.number(attribute::lifetime), 600u);
  CHECK(s.ask(s.client.refresh(600)).success());
}

// --- credentials

TEST(a captured request is worth nothing elsewhere) {
  auto s = udp();
  s.client.learn(s.ask(s.client.allocate()));
  auto captured = s.client.allocate();
  auto eve = udp("eve");
  eve.send(captured);
  CHECK_EQUAL(stun_copy{eve.receive()}.error(), 438);
  auto other_host = connect(transport::udp, "eve", "127.0.0.77");
  other_host.send(captured);
  CHECK_EQUAL(stun_copy{other_host.receive()}.error(), 438);
  CHECK_EQUAL(status().allocations, 0u);
}

TEST(an Allocate that is repeated has one answer and one port) {
  auto s = udp();
  s.client.learn(s.ask(s.client.allocate()));
  auto in = s.client.allocate();
  auto first = s.ask(in).address(attribute::xor_relayed_address);
  REQUIRE(first);
  for (int i = 0; i < 7; ++i) {
    ::usleep(100'000 / 7);
    CHECK(s.ask(in).address(attribute::xor_relayed_address) == first);
  }
  CHECK_EQUAL(s.ask(s.client.allocate()).error(), 437);
  CHECK_EQUAL(status().allocated, 1u);
}

TEST(another user on the same socket is refused and the first stays) {
  auto s = udp("alice");
  s.allocate();
  auto kept = s.client;
  s.client.set_credentials(turn::make_credentials("s3cr3t", "eve", base::unix_now() + 60));
  CHECK_EQUAL(s.ask(s.client.refresh(0)).error(), 441);
  CHECK_EQUAL(s.ask(s.client.allocate()).error(), 437); // the client takes another socket
  s.client.set_credentials(turn::make_credentials("guess", "alice", base::unix_now() + 60));
  CHECK_EQUAL(s.ask(s.client.refresh(0)).error(), 401);
  s.client.set_credentials(turn::make_credentials("s3cr3t", "alice", base::unix_now() - 100));
  CHECK_EQUAL(s.ask(s.client.refresh(0)).error(), 401);
  s.client = kept;
  CHECK(s.ask(s.client.refresh(600)).success());
  CHECK(s.ask(s.client.refresh(0)).success());
  CHECK_EQUAL(s.ask(s.client.refresh(0)).error(), 437);
}

FIXTURE_SCOPE_END()
