#include "clients.hpp"
#include "commands.hpp"
#include "process.hpp"

#include <chrono>
#include <thread>

namespace catchup::bench {

int hold(const options& o) {
  auto port = static_cast<std::uint16_t>(o.number("port", 3478));
  auto clients = o.number("clients", 10'000);
  auto pid = o.number("pid", 0);
  auto w = udp_wire(port, false);
  // The first ones bring the server's own memory in.
  client_set few{*w, 16, o.text("secret", "s3cr3t")};
  few.bring_to(client::stage::challenged, true, 16);
  client_set all{*w, clients, o.text("secret", "s3cr3t")};
  auto before = resident(pid);
  auto cpu = cpu_time(pid);
  auto start = now();
  all.bring_to(client::stage::allocated, true, o.number("window", 256));
  auto seconds = static_cast<double>(now() - start) / 1e9;
  cpu = cpu_time(pid) - cpu;
  std::this_thread::sleep_for(std::chrono::milliseconds{500});
  auto after = resident(pid);
  auto n = static_cast<double>(clients);
  std::printf("{\"allocations\":%zu,\"per_second\":%.0f,\"us_each\":%.1f,\"kib_each\":%.2f,"
              "\"resident_kib\":%llu}\n",
              clients, n / seconds, static_cast<double>(cpu) / 1e3 / n,
              static_cast<double>(after - before) / n, static_cast<unsigned long long>(after));
  return 0;
}

} // namespace catchup::bench
