#include "sfu/ice/candidates.hpp"

#include <algorithm>

namespace catchup::sfu::ice {

namespace {

constexpr std::uint32_t type_preference = 126; // host (RFC 8445 §5.1.2.2)
/// RFC 6544 §4.2: passive TCP has 4 as a direction, above 13 bits for the address. UDP is
/// to win, so it has the highest value there.
constexpr std::uint32_t passive = 4;
constexpr std::uint32_t address_bits = 13;
constexpr std::uint32_t component = 1; // RTP and RTCP share it (RFC 8834 §4.5)

std::uint32_t priority(std::uint32_t local_preference) {
  return (type_preference << 24) | (local_preference << 8) | (256 - component);
}

std::string line(std::size_t foundation, const char* transport, std::uint32_t preference,
                 const base::endpoint& at) {
  return std::to_string(foundation) + " " + std::to_string(component) + " " + transport + " " +
         std::to_string(priority(preference)) + " " + at.ip.to_string() + " " +
         std::to_string(at.port) + " typ host";
}

} // namespace

std::vector<std::string> host_candidates(std::span<const base::endpoint> addresses, bool tcp) {
  std::vector<std::string> out;
  std::uint32_t rank = 0;
  for (const auto& a : addresses) {
    out.push_back(line(out.size() + 1, "udp", 0xffff - rank, a));
    if (tcp)
      out.push_back(line(out.size() + 1, "tcp",
                         (passive << address_bits) + (1U << address_bits) - 1 - rank, a) +
                    " tcptype passive");
    rank = std::min(rank + 1, 1000U);
  }
  return out;
}

} // namespace catchup::sfu::ice
