#define CAF_SUITE probe
#include "service/probe.hpp"

#include "media/stun/writer.hpp"
#include "media/tls_session.hpp"
#include "service/connect.hpp"
#include "support/tls_client.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

using namespace catchup;
using namespace std::string_literals;
namespace stun = media::stun;

namespace {

/// A socket on a free port of 127.0.0.1.
struct bound {
  explicit bound(int type) : fd(socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof a;
    REQUIRE_EQUAL(bind(fd.get(), reinterpret_cast<sockaddr*>(&a), size), 0);
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&a), &size);
    port = ntohs(a.sin_port);
  }
  service::socket_fd fd;
  std::uint16_t port = 0;
};

/// Answers one Binding request over UDP.
void answer_binding(const bound& on) {
  std::array<std::byte, 512> in{}, space{};
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  auto n =
      recvfrom(on.fd.get(), in.data(), in.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
  auto asked = stun::message::parse(base::const_bytes{in}.first(static_cast<std::size_t>(n)));
  stun::message_writer w{space, stun::message_class::success, stun::method::binding,
                         asked->transaction()};
  w.add_xor_address(stun::attribute::xor_mapped_address,
                    {*base::ip_address::parse("127.0.0.1"), 9});
  auto out = *w.finish();
  sendto(on.fd.get(), out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
}

/// Shakes hands over TLS once.
void show_certificate(const bound& on, const test::test_certificate& c) {
  auto identity = media::tls_identity::load(c.chain, c.key);
  service::socket_fd client{accept(on.fd.get(), nullptr, nullptr)};
  SSL* tls = SSL_new((*identity)->context());
  SSL_set_fd(tls, client.get());
  SSL_accept(tls);
  SSL_free(tls);
}

base::config settings() {
  base::config out;
  out.turn_secret = "secret";
  out.domain = "127.0.0.1";
  out.turn_hosts = {"127.0.0.1"};
  return out;
}

const base::self_check* find(const base::self_checks& in, std::string_view name) {
  auto i = std::ranges::find(in.all, name, &base::self_check::name);
  return i == in.all.end() ? nullptr : &*i;
}

} // namespace

TEST(a relay that answers over UDP and not over TCP is seen to do so) {
  bound udp{SOCK_DGRAM};
  bound closed{SOCK_STREAM}; // bound, but it does not listen
  std::thread relay{[&] { answer_binding(udp); }};
  auto c = settings();
  c.relay_port = udp.port;
  auto found = service::probe(c, closed.port);
  relay.join();
  REQUIRE(find(found, "relay-udp") && find(found, "relay-tcp") && find(found, "https"));
  CHECK(find(found, "relay-udp")->ok);
  CHECK(!find(found, "relay-tcp")->ok);
  CHECK_EQUAL(find(found, "relay-tcp")->trouble, "Connection refused (IPv4)");
  CHECK(!find(found, "https")->ok);
  CHECK_EQUAL(find(found, "https")->trouble, "Connection refused");
  CHECK_EQUAL(find(found, "https")->expires, 0);
  CHECK(find(found, "relay-tls") == nullptr);
}

TEST(when a certificate ends is seen also where it is not trusted) {
  bound https{SOCK_STREAM};
  listen(https.fd.get(), 1);
  std::thread site{[&] { show_certificate(https, test::make_certificate("elsewhere.test")); }};
  auto c = settings();
  c.turn_hosts.clear();
  auto found = service::probe(c, https.port);
  site.join();
  REQUIRE(find(found, "https"));
  CHECK(!find(found, "https")->ok);
  CHECK(!find(found, "https")->trouble.empty());
  auto left = find(found, "https")->expires - base::unix_now();
  CHECK(left > 86'000 && left <= 86'400);
}

TEST(only what is there is looked at) {
  auto c = settings();
  c.domain = "localhost";
  c.turn_hosts.clear();
  c.turn_tcp = false;
  auto found = service::probe(c, 1);
  REQUIRE_EQUAL(found.all.size(), 1u);
  CHECK_EQUAL(found.all.front().name, "relay-udp");
}

TEST(what was found passes through lines of text) {
  base::self_checks found;
  found.all = {{"relay-udp", true, "", 0},
               {"relay-tcp", false, "no answer (IPv4)", 0},
               {"https", true, "", 1'900'000'000}};
  CHECK_EQUAL(service::to_lines(found), "relay-udp 0 ok\nrelay-tcp 0 failed no answer (IPv4)\n"
                                        "https 1900000000 ok\n");
  CHECK(service::from_lines(service::to_lines(found)) == found);
}

TEST(lines of anything else are left out) {
  for (auto text : {"", "\n", "relay-udp", "relay-udp 0 ok", "relay-udp\n", "relay-udp x ok\n",
                    "relay-udp 0 fine\n", "relay-udp 0 failed\n", "relay-udp 0ok\n"})
    CHECK(service::from_lines(text).all.empty());
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "check 0 ok\n";
  CHECK_EQUAL(service::from_lines(many).all.size(), 8u);
}
