// Between receiving a packet and sending it on nothing asks for memory. Every
// operator new of this program is counted here, and every allocation of OpenSSL.
#define CAF_SUITE heap
#include "media/port/media_port.hpp"

#include "support/secure_socket.hpp"
#include "support/test.hpp"
#include "turn/little_relay.hpp"
#include "turn/shell/turn_handler.hpp"

#include <cstdlib>
#include <new>
#include <openssl/crypto.h>
#include <thread>

namespace {

// Only while it is on, and of every thread but the tests' own.
std::atomic<bool> counting{false};
std::atomic<std::uint64_t> counted{0};
std::atomic<std::uint64_t> counted_openssl{0};
thread_local bool of_the_test = false;

void count(std::atomic<std::uint64_t>& number) {
  if (!of_the_test && counting.load(std::memory_order_relaxed))
    number.fetch_add(1, std::memory_order_relaxed);
}

void* openssl_obtain(std::size_t size, const char*, int) {
  count(counted_openssl);
  return std::malloc(size);
}
void* openssl_change(void* p, std::size_t size, const char*, int) {
  count(counted_openssl);
  return std::realloc(p, size);
}
void openssl_release(void* p, const char*, int) { std::free(p); }

// Before OpenSSL has asked for anything, which other files do as they are loaded.
bool openssl_is_watched = false;
[[gnu::constructor(101)]] void watch_openssl() {
  openssl_is_watched =
      CRYPTO_set_mem_functions(openssl_obtain, openssl_change, openssl_release) == 1;
}

void* obtain(std::size_t size) {
  count(counted);
  if (auto* p = std::malloc(size != 0 ? size : 1))
    return p;
  throw std::bad_alloc{};
}

} // namespace

void* operator new(std::size_t size) { return obtain(size); }
void* operator new[](std::size_t size) { return obtain(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete[](void* p, const std::nothrow_t&) noexcept { std::free(p); }

using namespace catchup;
using namespace catchup::turn;
using catchup::test::little_relay;
using catchup::test::loopback;
using catchup::test::secure_socket;
using catchup::test::turn_client;
using catchup::test::turn_socket;

namespace {

constexpr std::size_t payload_size = 1200;
constexpr int warm = 200; // until buffers have the size they need
constexpr int measured = 1000;

// OpenSSL 3.0: to open a record its two buffers and one small piece; to seal one a
// buffer and three small pieces.
constexpr std::uint64_t openssl_takes = 7;

struct cost {
  std::uint64_t ours = 0;
  std::uint64_t openssl = 0;
};

struct fixture {
  static media::port::media_port_config config() {
    auto own = test::make_certificate("relay");
    media::port::media_port_config out;
    out.bind = loopback;
    out.port = 0;
    out.limits.tls = std::make_shared<media::port::tls_slot>();
    out.limits.tls->set(*media::tls_identity::load(own.chain, own.key));
    return out;
  }
  fixture() : media(config(), {{turn}}) {
    of_the_test = true;
    media.start();
  }

  turn_socket connect(transport t, std::string_view user) const {
    return {t, media.port(), make_credentials("s3cr3t", user, base::unix_now() + 3600)};
  }

  /// Cost of `n` times `frame` from one to the other, in a steady state.
  static cost of(auto& from, auto& to, const base::buffer& frame, int n) {
    counted = counted_openssl = 0;
    counting = true;
    int arrived = 0;
    for (int i = 0; i < n && arrived == i; ++i) {
      from.send(frame);
      arrived += to.receive().empty() ? 0 : 1;
    }
    counting = false;
    CHECK_EQUAL(arrived, n);
    return {counted, counted_openssl};
  }

  /// The same, after others of its kind.
  static cost steady(auto& from, auto& to, const base::buffer& frame) {
    of(from, to, frame, warm);
    return of(from, to, frame, measured);
  }

  /// Send to Data, ChannelData to Data, and Send to ChannelData the other way.
  std::array<cost, 3> all(auto& a, auto& b) {
    turn->subscribe(relay);
    auto relayed_a = a.allocate();
    auto relayed_b = b.allocate();
    REQUIRE_EQUAL(a.ask(a.client.bind(0x4000, relayed_b)).error(), 0);
    REQUIRE_EQUAL(b.ask(b.client.permit({relayed_a})).error(), 0);
    // Nobody hears of counters from here on: reports of them are what actors get.
    turn->unsubscribe(relay.get());
    base::buffer payload(payload_size);
    return {steady(a, b, a.client.send(relayed_b, payload)),
            steady(a, b, turn_client::channel_data(0x4000, payload)),
            steady(b, a, b.client.send(relayed_a, payload))};
  }

  std::shared_ptr<shell::turn_handler> turn = std::make_shared<shell::turn_handler>(
      core_config{.secret = "s3cr3t", .limits = {0, 0, {}, {}}});
  std::shared_ptr<little_relay> relay = std::make_shared<little_relay>(turn);
  media::port::media_port media;
};

} // namespace

FIXTURE_SCOPE(heap_tests, fixture)

TEST(an allocation of memory is seen by this test) {
  REQUIRE(openssl_is_watched);
  counted = counted_openssl = 0;
  counting = true;
  std::thread{[] {
    ::operator delete(::operator new(1));
    OPENSSL_free(OPENSSL_malloc(1));
  }}.join();
  counting = false;
  CHECK(counted >= 1u);
  CHECK(counted_openssl >= 1u);
}

TEST(a relayed packet costs no memory over any pair of transports) {
  for (auto [one, two] :
       {std::pair{transport::udp, transport::udp}, std::pair{transport::udp, transport::tcp},
        std::pair{transport::tcp, transport::udp}, std::pair{transport::tcp, transport::tcp}}) {
    auto a = connect(one, "alice");
    auto b = connect(two, "bob");
    for (auto c : all(a, b))
      CHECK_EQUAL(c.ours, 0u);
  }
}

TEST(over TLS it costs what OpenSSL takes for itself and nothing else) {
  secure_socket a{*this, "alice"}, b{*this, "bob"}, c{*this, "carol"};
  auto u = connect(transport::udp, "ute");
  for (const auto& pair : {all(a, b), all(c, u)})
    for (auto one : pair) {
      CHECK_EQUAL(one.ours, 0u);
      CHECK(one.openssl <= openssl_takes * measured);
    }
}

FIXTURE_SCOPE_END()
