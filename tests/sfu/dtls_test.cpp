#define CAF_SUITE sfu_dtls
#include "sfu/dtls/association.hpp"

#include "support/test.hpp"

#include <chrono>
#include <thread>

using namespace catchup;
using namespace catchup::sfu::dtls;
using namespace std::chrono_literals;

namespace {

const base::time_point start{1h};

const std::shared_ptr<const certificate>& own() {
  static const auto c = certificate::make();
  return c;
}
const std::shared_ptr<const certificate>& other() {
  static const auto c = certificate::make();
  return c;
}

struct fixture {
  association server{start, own(), role::server, {other()->fingerprint()}};
  association client{start, other(), role::client, {own()->fingerprint()}};
  std::size_t largest = 0;
  std::size_t sent = 0;

  /// Carries datagrams both ways until there are none; drops those that `lost` says.
  template <class F>
  void carry(F lost) {
    for (bool any = true; any;) {
      any = false;
      for (auto [from, to] : {std::pair{&client, &server}, std::pair{&server, &client}})
        for (auto d = from->take_output(); !d.empty(); d = from->take_output()) {
          any = true;
          largest = std::max(largest, d.size());
          if (!lost(sent++))
            to->receive(start, d);
        }
    }
  }
  void carry() {
    carry([](std::size_t) { return false; });
  }
};

} // namespace

FIXTURE_SCOPE(dtls, fixture)

TEST(both sides have the same keys the other way round) {
  carry();
  REQUIRE(client.state() == state::connected);
  REQUIRE(server.state() == state::connected);
  CHECK(client.keys().protection == protection::aes128_gcm);
  CHECK_EQUAL(client.keys().local.size, 28u);
  CHECK(base::equal(client.keys().local.view(), server.keys().remote.view()));
  CHECK(base::equal(client.keys().remote.view(), server.keys().local.view()));
  CHECK(!base::equal(client.keys().remote.view(), client.keys().local.view()));
  CHECK(largest <= association::max_datagram);
}

TEST(messages pass after the handshake and not before) {
  CHECK(!client.send(base::as_bytes("early")));
  carry();
  CHECK(client.send(base::as_bytes("hello")));
  CHECK(client.send(base::as_bytes("world")));
  carry();
  CHECK_EQUAL(std::string{base::as_text(server.take_data())}, "hello");
  CHECK_EQUAL(std::string{base::as_text(server.take_data())}, "world");
  CHECK(server.take_data().empty());
  CHECK(!server.send(base::buffer(1200)));
}

TEST(RFC 6347 4.2.4 each lost datagram of the handshake is sent again within 200 ms) {
  for (std::size_t which = 0; which < 4; ++which) {
    fixture f;
    auto until = std::chrono::steady_clock::now() + 200ms;
    f.carry([&](std::size_t n) { return n == which; });
    CHECK(f.client.state() == state::handshaking || f.server.state() == state::handshaking);
    while (std::chrono::steady_clock::now() < until &&
           (f.client.state() == state::handshaking || f.server.state() == state::handshaking)) {
      std::this_thread::sleep_for(10ms);
      f.client.wake(start);
      f.server.wake(start);
      f.carry();
    }
    CHECK(f.client.state() == state::connected);
    CHECK(f.server.state() == state::connected);
  }
}

TEST(the timer of a handshake begins at 50 ms and ends with it) {
  auto left = client.deadline(start) - start;
  CHECK(left > 0ms && left <= 50ms);
  CHECK(server.deadline(start) == start + association::handshake_limit);
  carry();
  CHECK(client.deadline(start) == base::time_point::max());
  CHECK(server.deadline(start) == base::time_point::max());
}

TEST(a handshake that never ends fails) {
  server.wake(start + association::handshake_limit);
  CHECK(server.state() == state::failed);
}

TEST(a certificate of another fingerprint fails) {
  server = {start, own(), role::server, {own()->fingerprint()}};
  carry();
  CHECK(server.state() == state::failed);
  fixture none;
  none.server = {start, own(), role::server, {}};
  none.carry();
  CHECK(none.server.state() == state::failed);
}

TEST(one of several fingerprints is enough) {
  server = {start, own(), role::server, {own()->fingerprint(), other()->fingerprint()}};
  carry();
  CHECK(server.state() == state::connected);
}

TEST(a ClientHello in fragments is put together) {
  // The hello again as two handshake fragments in two records (RFC 6347 §4.2.3).
  auto hello = client.take_output();
  REQUIRE(hello.size() > 25 + 40);
  auto body = hello.size() - 25;
  auto fragment = [&](std::size_t from, std::size_t size, std::uint8_t number) {
    base::buffer out(hello.begin(), hello.begin() + 25);
    out[10] = std::byte{number};
    auto record = size + 12;
    out[11] = std::byte(record >> 8);
    out[12] = std::byte(record & 255);
    out[19] = std::byte(from >> 16 & 255);
    out[20] = std::byte(from >> 8 & 255);
    out[21] = std::byte(from & 255);
    out[22] = std::byte(size >> 16 & 255);
    out[23] = std::byte(size >> 8 & 255);
    out[24] = std::byte(size & 255);
    out.insert(out.end(), hello.begin() + 25 + static_cast<long>(from),
               hello.begin() + 25 + static_cast<long>(from + size));
    return out;
  };
  server.receive(start, fragment(0, 40, 0));
  CHECK(server.take_output().empty());
  server.receive(start, fragment(40, body - 40, 40)); // a number that the client will not use
  carry();
  CHECK(server.state() == state::connected);
  CHECK(client.state() == state::connected);
}

TEST(garbage does not end a handshake) {
  base::buffer garbage(100, std::byte{22});
  server.receive(start, garbage);
  CHECK(server.state() == state::handshaking);
  carry();
  CHECK(server.state() == state::connected);
  server.receive(start, garbage);
  CHECK(server.state() == state::connected);
}

TEST(a goodbye closes the other side) {
  carry();
  server.close();
  carry();
  CHECK(server.state() == state::closed);
  CHECK(client.state() == state::closed);
  CHECK(!client.send(base::as_bytes("late")));
}

FIXTURE_SCOPE_END()

TEST(RFC 8122 5 fingerprints are read in either case and written in upper case) {
  std::string digits;
  for (int i = 0; i < 32; ++i)
    digits += i == 0 ? "aB" : ":0f";
  auto f = fingerprint::parse("SHA-256 " + digits);
  REQUIRE(f);
  CHECK_EQUAL(f->digest.size(), 32u);
  CHECK_EQUAL(f->to_string().substr(0, 13), "sha-256 AB:0F");
  CHECK(fingerprint::parse(f->to_string()) == f);
}

TEST(other fingerprints are refused) {
  for (auto text : {"", "sha-256", "sha-256 ", "sha-256 AA",
                    "sha-1 AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD"})
    CHECK(!fingerprint::parse(text));
  std::string bad = "sha-256 ";
  for (int i = 0; i < 32; ++i)
    bad += i == 0 ? "0g" : ":00";
  CHECK(!fingerprint::parse(bad));
}

TEST(two certificates differ) { CHECK(!(own()->fingerprint() == other()->fingerprint())); }
