#include "http/admin/process.hpp"

#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace catchup::http::admin {

namespace {

// USER_HZ: what /proc counts in on every machine there is.
constexpr double ticks_per_second = 100;
constexpr std::uint64_t page_size = 4096;

std::string file(const char* path) {
  std::ifstream in{path};
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

double seconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// As Unix time. /proc/stat, which has it too, is hidden from hardened services.
double boot_time() { return seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME); }

} // namespace

process_stats read_process_stats() {
  process_stats out;
  // The name, in brackets, may hold anything; the fields are behind it.
  auto stat = file("/proc/self/stat");
  if (auto end = stat.rfind(')'); end != stat.npos) {
    std::istringstream fields{stat.substr(end + 1)};
    std::string skipped;
    auto skip = [&](int n) {
      while (n-- > 0)
        fields >> skipped;
    };
    double user = 0, system = 0, start = 0;
    skip(11); // state … cmajflt
    fields >> user >> system;
    skip(4);
    fields >> out.threads;
    skip(1);
    fields >> start >> out.virtual_bytes >> out.resident_bytes;
    out.cpu_seconds = (user + system) / ticks_per_second;
    out.start_seconds = boot_time() + start / ticks_per_second;
    out.resident_bytes *= page_size;
  }
  std::error_code ec;
  for (std::filesystem::directory_iterator i{"/proc/self/fd", ec}, end; !ec && i != end;
       i.increment(ec))
    ++out.open_fds;
  std::istringstream limits{file("/proc/self/limits")};
  for (std::string line; std::getline(limits, line);)
    if (line.starts_with("Max open files"))
      std::istringstream{line.substr(14)} >> out.max_fds;
  return out;
}

} // namespace catchup::http::admin
