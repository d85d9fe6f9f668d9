#include "commands.hpp"
#include "process.hpp"
#include "traffic.hpp"

#include <chrono>
#include <pthread.h>
#include <sched.h>
#include <thread>

namespace catchup::bench {

namespace {

using namespace std::chrono_literals;

// A sender that runs in real time would keep its own receiver from the processor.
void put_before_sender(std::thread& t) {
  sched_param p{};
  int policy = 0;
  pthread_getschedparam(pthread_self(), &policy, &p);
  if (policy != SCHED_FIFO && policy != SCHED_RR)
    return;
  p.sched_priority += 3;
  pthread_setschedparam(t.native_handle(), policy, &p);
}

struct result {
  std::uint64_t sent = 0;
  double seconds = 0;
};

// At `rate` packets a second, or as many as go out when that is 0; never more
// than `window` under way when that is not 0.
result send_all(wire& w, sender& s, const receiver& r, const options& o, std::size_t burst) {
  auto rate = o.real("rate", 0);
  auto window = o.number("window", 0);
  auto start = now();
  auto end = start + static_cast<std::uint64_t>(o.real("seconds", 2) * 1e9);
  std::uint64_t sent = 0;
  std::uint64_t lost = 0; // taken as lost, so that the window opens again
  std::uint64_t seen = 0;
  auto seen_at = start;
  for (auto t = start; t < end; t = now()) {
    std::size_t bursts = burst == 1 ? 32 : 8;
    if (rate > 0) {
      auto due = static_cast<double>(t - start) * rate / 1e9 - static_cast<double>(sent);
      if (due < static_cast<double>(burst)) {
        sched_yield();
        continue;
      }
      bursts = std::min(bursts, static_cast<std::size_t>(due) / burst);
    }
    if (window > 0) {
      auto got = r.received();
      if (got != seen) {
        seen = got;
        seen_at = t;
      }
      if (sent > got + lost + window) {
        if (t - seen_at > 20'000'000)
          lost = sent - got;
        sched_yield();
        continue;
      }
    }
    const auto& all = s.next(bursts);
    auto taken = w.send(all);
    sent += taken * (bursts * burst / all.size());
    if (taken < all.size())
      sched_yield();
  }
  return {sent, static_cast<double>(now() - start) / 1e9};
}

} // namespace

int load(const options& o) {
  auto port = static_cast<std::uint16_t>(o.number("port", 3478));
  auto clients = o.number("clients", 100) & ~std::size_t{1};
  auto pid = o.number("pid", 0);
  shape s;
  s.payload = std::max(o.number("size", 1200), least_payload);
  s.burst = std::max<std::size_t>(1, o.number("burst", 1));
  s.channels = o.text("with", "channel") == "channel";
  s.tcp = o.text("transport", "udp") == "tcp";
  s.trains = s.burst > 1 && !s.tcp;
  auto w = s.tcp ? tcp_wire(port, clients) : udp_wire(port, o.number("gro", 0) != 0);
  client_set all{*w, clients, o.text("secret", "s3cr3t")};
  all.bring_to(client::stage::allocated, s.channels, 64);
  all.bring_to(client::stage::ready, s.channels, 64);

  sender out{all, s};
  receiver in{clients, s};
  std::atomic<bool> stop{false};
  std::chrono::microseconds nap{o.number("nap", o.real("rate", 0) > 0 ? 0 : 300)};
  std::thread reading{[&] {
    while (!stop.load(std::memory_order_relaxed)) {
      w->receive(50, [&](std::size_t i, base::const_bytes frame) { in.take(i, frame); });
      if (nap.count() > 0)
        for (auto before = ~std::uint64_t{0}; before != in.received();) {
          before = in.received(); // until there is nothing left
          w->receive(0, [&](std::size_t i, base::const_bytes frame) { in.take(i, frame); });
        }
      if (nap.count() > 0)
        std::this_thread::sleep_for(nap);
    }
  }};
  put_before_sender(reading);
  std::this_thread::sleep_for(50ms);
  auto cpu = cpu_time(pid);
  auto r = send_all(*w, out, in, o, s.burst);
  std::this_thread::sleep_for(300ms);
  cpu = cpu_time(pid) - cpu;
  stop = true;
  reading.join();

  auto got = in.received();
  auto lost = r.sent > got ? r.sent - got : 0;
  std::printf("{\"sent\":%llu,\"received\":%llu,\"lost\":%llu,\"wrong\":%llu,\"reordered\":%llu,"
              "\"seconds\":%.3f,\"pps\":%.0f,\"us_per_packet\":%.3f,\"p50_us\":%.1f,"
              "\"p99_us\":%.1f}\n",
              static_cast<unsigned long long>(r.sent), static_cast<unsigned long long>(got),
              static_cast<unsigned long long>(lost), static_cast<unsigned long long>(in.wrong()),
              static_cast<unsigned long long>(in.reordered()), r.seconds,
              static_cast<double>(got) / r.seconds,
              got > 0 ? static_cast<double>(cpu) / 1e3 / static_cast<double>(got) : 0.0,
              in.latency(.5), in.latency(.99));
  return in.wrong() > 0 ? 1 : 0;
}

} // namespace catchup::bench
