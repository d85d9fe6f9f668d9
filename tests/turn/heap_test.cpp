// Between receiving a packet and sending it on nothing asks for memory. Every
// operator new of this program is counted here.
#define CAF_SUITE heap
#include "turn/port/media_port.hpp"

#include "support/test.hpp"
#include "support/turn_socket.hpp"
#include "turn/little_relay.hpp"
#include "turn/port/turn_handler.hpp"

#include <cstdlib>
#include <new>

namespace {

// Only while it is on, and of whatever thread: the tests' own does nothing then
// that needs memory.
std::atomic<bool> counting{false};
std::atomic<std::uint64_t> counted{0};

void* obtain(std::size_t size) {
  if (counting.load(std::memory_order_relaxed))
    counted.fetch_add(1, std::memory_order_relaxed);
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
using catchup::test::at;
using catchup::test::little_relay;
using catchup::test::loopback;
using catchup::test::turn_client;
using catchup::test::turn_socket;

namespace {

constexpr std::size_t payload_size = 1200;
constexpr int warm = 200; // until buffers have the size they need
constexpr int measured = 2000;

struct fixture {
  static port::media_port_config config() {
    port::media_port_config out;
    out.bind = loopback;
    out.port = 0;
    return out;
  }
  fixture() : media(config(), {{turn}}) {
    turn->subscribe(relay);
    media.start();
  }

  turn_socket connect(transport t, std::string_view user) {
    return {t, media.port(), make_credentials("s3cr3t", user, base::unix_now() + 3600)};
  }

  /// What `n` times `frame` from one to the other cost, once there is nothing else.
  std::uint64_t cost(turn_socket& from, turn_socket& to, const base::buffer& frame, int n) {
    std::array<std::byte, 64 * 1024> space;
    counted = 0;
    counting = true;
    int arrived = 0;
    for (int i = 0; i < n; ++i) {
      if (::send(from.fd(), frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size()))
        break;
      pollfd p{to.fd(), POLLIN, 0};
      if (::poll(&p, 1, 5000) != 1)
        break;
      arrived += ::recv(to.fd(), space.data(), space.size(), 0) > 0 ? 1 : 0;
    }
    counting = false;
    CHECK_EQUAL(arrived, n);
    return counted;
  }

  std::shared_ptr<port::turn_handler> turn = std::make_shared<port::turn_handler>(
      front_config{.secret = "s3cr3t", .limits = {0, 0, {}, {}}});
  std::shared_ptr<little_relay> relay = std::make_shared<little_relay>(turn);
  port::media_port media;
};

} // namespace

FIXTURE_SCOPE(heap_tests, fixture)

TEST(what asks for memory is seen here) {
  counted = 0;
  counting = true;
  auto* p = ::operator new(1);
  counting = false;
  ::operator delete(p);
  CHECK_EQUAL(counted.load(), 1u);
}

TEST(a relayed packet costs no memory over any pair of transports) {
  for (auto [one, two] :
       {std::pair{transport::udp, transport::udp}, std::pair{transport::udp, transport::tcp},
        std::pair{transport::tcp, transport::udp}, std::pair{transport::tcp, transport::tcp}}) {
    auto a = connect(one, "alice");
    auto b = connect(two, "bob");
    auto relayed_a = a.allocate();
    auto relayed_b = b.allocate();
    REQUIRE_EQUAL(a.ask(a.client.permit({relayed_b})).error(), 0);
    REQUIRE_EQUAL(b.ask(b.client.permit({relayed_a})).error(), 0);
    base::buffer payload(payload_size);
    auto indication = a.framed(a.client.send(relayed_b, payload));
    auto frame = a.framed(turn_client::channel_data(0x4000, payload));
    // Nobody hears of counters from here on: reports of them are what actors get.
    turn->unsubscribe(relay.get());
    cost(a, b, indication, warm);
    CHECK_EQUAL(cost(a, b, indication, measured), 0u);
    turn->subscribe(relay);
    REQUIRE_EQUAL(a.ask(a.client.bind(0x4000, relayed_b)).error(), 0);
    REQUIRE_EQUAL(b.ask(b.client.bind(0x4000, relayed_a)).error(), 0);
    turn->unsubscribe(relay.get());
    cost(a, b, frame, warm);
    CHECK_EQUAL(cost(a, b, frame, measured), 0u);
    turn->subscribe(relay);
  }
}

FIXTURE_SCOPE_END()
