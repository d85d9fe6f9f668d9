#define CAF_SUITE udp_batch
#include "media/port/udp_batch.hpp"

#include "media/port/sockets.hpp"
#include "support/test.hpp"
#include "support/turn_client.hpp"

#include <cerrno>
#include <netinet/udp.h>
#include <poll.h>
#include <random>
#include <sys/socket.h>

using namespace catchup;
using namespace catchup::media;
using namespace catchup::media::port;
using catchup::test::at;

namespace {

socket_pair open_one() { return open_sockets(at("127.0.0.1", 0).ip, 0, false, 1 << 20); }

base::buffer bytes_of(std::size_t size, unsigned seed) {
  std::mt19937 random{seed};
  base::buffer out(size);
  for (auto& b : out)
    b = static_cast<std::byte>(random());
  return out;
}

struct fixture {
  five_tuple to(const socket_pair& s) const {
    five_tuple out;
    out.client = at("127.0.0.1", s.port);
    out.server = at("127.0.0.1", server.port);
    return out;
  }

  void add(const socket_pair& s, base::const_bytes head, base::const_bytes payload,
           std::size_t padding = 0) {
    sender.add({to(s), head, payload, padding, true}, false);
  }

  /// The next datagrams, one by one, however they came.
  std::vector<base::buffer> received(const socket_pair& s, std::size_t wanted) {
    udp_receiver in{s.udp.get(), s.port};
    std::vector<base::buffer> out;
    trains = 0;
    pollfd p{s.udp.get(), POLLIN, 0};
    while (out.size() < wanted && ::poll(&p, 1, 2000) == 1)
      for (const auto& a : in.receive()) {
        trains += a.bytes.size() > a.segment ? 1 : 0;
        auto left = a.bytes;
        do {
          auto next = left.first(std::min(a.segment, left.size()));
          out.push_back(base::to_buffer(next));
          left = left.subspan(next.size());
        } while (!left.empty());
      }
    return out;
  }

  socket_pair server = open_one();
  socket_pair one = open_one();
  socket_pair two = open_one();
  udp_sender sender{server.udp.get(), false, false};
  std::vector<base::buffer> sent;
  int trains = 0;
};

// Head, payload and padding as they are put together.
base::buffer whole(base::const_bytes head, base::const_bytes payload, std::size_t padding) {
  auto out = base::to_buffer(head);
  out.insert(out.end(), payload.begin(), payload.end());
  out.resize(out.size() + padding);
  return out;
}

} // namespace

FIXTURE_SCOPE(udp_batch_tests, fixture)

TEST(datagrams of one size to one destination go and come as a train) {
  auto head = bytes_of(4, 1);
  for (unsigned i = 0; i < 8; ++i)
    sent.push_back(bytes_of(1200, i));
  std::vector<base::buffer> expected;
  for (const auto& s : sent) {
    add(one, head, s);
    expected.push_back(whole(head, s, 0));
  }
  CHECK_EQUAL(sender.flush(), 0u);
  CHECK(received(one, 8) == expected);
  CHECK_EQUAL(trains, 1);
}

TEST(datagrams of all sizes arrive as they were and in order) {
  // Longer than one train, empty ones, larger than Ethernet carries.
  std::vector<std::size_t> sizes(70, 500);
  for (std::size_t s : {0, 1, 0, 0, 1200, 1200, 900, 1200, 1473, 1473, 9000, 9000, 3, 1448, 1449})
    sizes.push_back(s);
  std::mt19937 random{7};
  for (int i = 0; i < 400; ++i)
    sizes.push_back(random() % 3 == 0 ? random() % 1500 : 171);
  std::array<std::vector<base::buffer>, 2> expected;
  std::vector<std::pair<base::buffer, base::buffer>> kept;
  for (auto s : sizes)
    kept.emplace_back(bytes_of(random() % 2 ? 4 : 36, static_cast<unsigned>(s)),
                      bytes_of(s, static_cast<unsigned>(s) + 1));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto& [head, payload] = kept[i];
    auto padding = head.size() == 36 ? 3 - payload.size() % 4 : 0;
    add(i % 3 == 0 ? two : one, head, payload, padding);
    expected[i % 3 == 0 ? 1 : 0].push_back(whole(head, payload, padding));
  }
  CHECK_EQUAL(sender.flush(), 0u);
  CHECK(received(one, expected[0].size()) == expected[0]);
  CHECK(trains > 0);
  CHECK(received(two, expected[1].size()) == expected[1]);
}

TEST(a payload that does not stay is copied) {
  auto payload = bytes_of(1200, 3);
  auto expected = payload;
  sender.add({to(one), {}, payload, 0, true}, true);
  std::fill(payload.begin(), payload.end(), std::byte{0});
  sender.add({to(one), {}, payload, 0, true}, true);
  sender.flush();
  auto out = received(one, 2);
  REQUIRE_EQUAL(out.size(), 2u);
  CHECK(out[0] == expected);
  CHECK(out[1] == payload);
}

TEST(where the kernel refuses trains every datagram still arrives) {
  // Without checksums the kernel sends no trains (udp(7)): as on a path with a small MTU.
  int on = 1;
  REQUIRE_EQUAL(::setsockopt(server.udp.get(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
  for (int round = 0; round < 3; ++round) {
    std::vector<base::buffer> expected;
    auto other = bytes_of(600, 99);
    for (unsigned i = 0; i < 20; ++i)
      expected.push_back(bytes_of(i < 19 ? 1200 : 77, i));
    for (const auto& e : expected)
      add(one, {}, e);
    add(two, {}, other);
    CHECK_EQUAL(sender.flush(), 0u);
    CHECK(received(one, 20) == expected);
    CHECK_EQUAL(trains, 0);
    CHECK(received(two, 1) == std::vector<base::buffer>(1, other));
  }
}

TEST(a refusal is remembered for that destination alone) {
  int on = 1;
  int off = 0;
  auto payload = bytes_of(300, 1);
  auto five = [&](const socket_pair& s) {
    for (int i = 0; i < 5; ++i)
      add(s, {}, payload);
    sender.flush();
    CHECK_EQUAL(received(s, 5).size(), 5u);
    return trains;
  };
  ::setsockopt(server.udp.get(), SOL_SOCKET, SO_NO_CHECK, &on, sizeof on);
  CHECK_EQUAL(five(one), 0);
  ::setsockopt(server.udp.get(), SOL_SOCKET, SO_NO_CHECK, &off, sizeof off);
  CHECK_EQUAL(five(one), 0);
  CHECK_EQUAL(five(two), 1);
}

TEST(an IPv4 socket drops what would go to IPv6) {
  five_tuple t;
  t.client = at("::1", 9);
  sender.add({t, {}, {}, 0, true}, false);
  CHECK_EQUAL(sender.flush(), 0u);
}

FIXTURE_SCOPE_END()
