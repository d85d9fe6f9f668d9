#pragma once
// Resource use of a process, as the kernel counts it.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace catchup::bench {

/// Nanoseconds on a CPU, of all threads that live.
inline std::uint64_t cpu_time(std::size_t pid) {
  std::uint64_t sum = 0;
  std::error_code ignored;
  for (const auto& task :
       std::filesystem::directory_iterator{"/proc/" + std::to_string(pid) + "/task", ignored}) {
    std::ifstream in{task.path() / "schedstat"};
    std::uint64_t one = 0;
    if (in >> one)
      sum += one;
  }
  return sum;
}

/// Resident memory in KiB.
inline std::uint64_t resident(std::size_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string word; in >> word;)
    if (word == "VmRSS:") {
      std::uint64_t kib = 0;
      in >> kib;
      return kib;
    }
  return 0;
}

} // namespace catchup::bench
