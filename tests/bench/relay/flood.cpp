#include "clients.hpp"
#include "commands.hpp"
#include "media/stun/writer.hpp"
#include "process.hpp"

#include <chrono>
#include <sched.h>
#include <thread>

namespace catchup::bench {

int flood(const options& o) {
  using namespace media::stun;
  auto port = static_cast<std::uint16_t>(o.number("port", 3478));
  auto count = o.number("count", 1'000'000);
  auto rate = o.real("rate", 0);
  auto pid = o.number("pid", 0);
  auto w = udp_wire(port, false);
  base::buffer space(64);
  message_writer m{space, message_class::request,
                   o.text("what", "allocate") == "binding" ? method::binding : method::allocate,
                   base::random_array<12>()};
  if (o.text("what", "allocate") == "allocate")
    m.add_u32(attribute::requested_transport, 17u << 24);
  auto request = base::to_buffer(*m.finish());

  auto before = resident(pid);
  auto cpu = cpu_time(pid);
  auto start = now();
  std::uint64_t answers = 0;
  std::uint64_t bytes = 0;
  auto answered = [&](std::size_t, base::const_bytes frame) {
    ++answers;
    bytes += frame.size();
  };
  std::size_t sent = 0;
  std::vector<piece> some;
  while (sent < count) {
    if (rate > 0 && static_cast<double>(now() - start) * rate / 1e9 < static_cast<double>(sent)) {
      sched_yield();
    } else {
      some.clear();
      for (std::size_t i = 0; i < 32; ++i)
        some.push_back({sent + i, request, 0}); // a source of its own each
      sent += w->send(some);
    }
    w->receive(0, answered);
  }
  auto seconds = static_cast<double>(now() - start) / 1e9;
  for (int i = 0; i < 100; ++i)
    w->receive(2, answered); // the last ones
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  cpu = cpu_time(pid) - cpu;
  auto after = resident(pid);
  auto n = static_cast<double>(sent);
  std::printf("{\"requests\":%zu,\"per_second\":%.0f,\"answers\":%llu,\"bytes_per_answer\":%.1f,"
              "\"bytes_per_request\":%zu,\"us_each\":%.2f,\"grown_kib\":%lld}\n",
              sent, n / seconds, static_cast<unsigned long long>(answers),
              answers > 0 ? static_cast<double>(bytes) / static_cast<double>(answers) : 0.0,
              request.size(), static_cast<double>(cpu) / 1e3 / n,
              static_cast<long long>(after) - static_cast<long long>(before));
  return 0;
}

} // namespace catchup::bench
