// Cost of the SFU without sockets: processor time per forwarded packet of one
// room, in one process, with clients that do ICE, DTLS and SRTP. Bytes go nowhere.
//
// usage: sfu_core_bench [PUBLISHERS SUBSCRIBERS PACKETS SIZE]

#include "sfu/peer.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

using namespace catchup;
using namespace catchup::sfu;
using test::peer;

namespace {

double thread_ns() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

/// Hands out one space and forgets what is written to it.
struct nowhere : session::egress {
  std::array<std::byte, 2048> space;
  base::bytes reserve(const ice::path&, std::size_t most) override {
    return base::bytes{space}.first(std::min(most, space.size()));
  }
  void commit(std::size_t, bool) override {}
};

base::buffer vp8_packet(std::uint32_t ssrc, std::uint16_t n, std::size_t size, bool key) {
  base::buffer out(size);
  base::writer w{out};
  w.u16(0x80e0);
  w.u16(n);
  w.u32(n * 3000U);
  w.u32(ssrc);
  w.u16(0x90e0);
  w.u16(static_cast<std::uint16_t>(0x8000 | n));
  w.u16(0);
  w.u8(key ? 0x10 : 0x11);
  return out;
}

} // namespace

int main(int argc, char** argv) {
  auto number = [&](int i, int otherwise) { return argc > i ? std::atoi(argv[i]) : otherwise; };
  auto publishers = static_cast<std::uint64_t>(number(1, 4));
  auto subscribers = static_cast<std::uint64_t>(number(2, 16));
  int packets = number(3, 30000);
  auto size = static_cast<std::size_t>(number(4, 1180));

  base::time_point now{std::chrono::hours{1}};
  session::server server{{dtls::certificate::make(), {}, 500, 500}};
  test::wire wire;
  std::vector<std::unique_ptr<peer>> senders, receivers;
  for (std::uint64_t i = 0; i < publishers; ++i) {
    server.join(now, "room", 1 + i, "PA");
    senders.push_back(std::make_unique<peer>(server, wire, now, 1 + i));
    auto ssrc = static_cast<std::uint32_t>(1000 + i);
    if (!senders.back()->negotiate({{"0", "video", "sendonly", ssrc}}) ||
        !senders.back()->connect())
      return std::puts("a publisher does not connect"), 1;
  }
  for (std::uint64_t i = 0; i < subscribers; ++i) {
    server.join(now, "room", 100 + i, "PA");
    receivers.push_back(std::make_unique<peer>(server, wire, now, 100 + i));
    std::vector<test::offered> sections;
    for (std::uint64_t p = 0; p < publishers; ++p)
      sections.push_back({std::to_string(p), "video", "recvonly"});
    if (!receivers.back()->negotiate(sections) || !receivers.back()->connect())
      return std::puts("a subscriber does not connect"), 1;
  }
  server.take_events();
  nowhere out;
  double best = 1e18;
  for (int round = 0; round < 5; ++round) {
    double spent = 0;
    auto before = server.forwarded();
    for (int n = 0; n < packets / 5; n += 16)
      for (std::size_t p = 0; p < senders.size(); ++p) {
        std::vector<base::buffer> batch;
        for (int i = 0; i < 16; ++i) {
          auto sequence = static_cast<std::uint16_t>(round * packets / 5 + n + i);
          auto plain =
              vp8_packet(static_cast<std::uint32_t>(1000 + p), sequence, size, sequence == 0);
          batch.push_back(senders[p]->sealed(senders[p]->marked(plain, "0")));
        }
        now += std::chrono::milliseconds{20};
        auto begun = thread_ns();
        for (auto& b : batch)
          server.receive(now, senders[p]->path(), b, out);
        server.wake(now, out);
        spent += thread_ns() - begun;
      }
    auto forwarded = server.forwarded() - before;
    if (forwarded == 0)
      return std::puts("nothing was forwarded"), 1;
    best = std::min(best, spent / static_cast<double>(forwarded));
  }
  std::printf(
      "%llu publishers, %llu subscribers, %zu bytes: %.0f ns per forwarded packet, best of 5\n",
      static_cast<unsigned long long>(publishers), static_cast<unsigned long long>(subscribers),
      size, best);
}
