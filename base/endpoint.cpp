#include "base/endpoint.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>

namespace catchup::base {

namespace {

// FNV-1a over the significant octets, then a final mix: cheap, and good enough
// for tables whose keys an attacker pays a packet for.
std::size_t mix(const std::uint8_t* data, std::size_t size, std::uint64_t seed) noexcept {
  std::uint64_t h = 14695981039346656037ULL ^ seed;
  for (std::size_t i = 0; i < size; ++i)
    h = (h ^ data[i]) * 1099511628211ULL;
  h ^= h >> 32;
  h *= 0x9e3779b97f4a7c15ULL;
  return static_cast<std::size_t>(h ^ (h >> 29));
}

} // namespace

ip_address ip_address::v4(std::array<std::uint8_t, 4> octets) noexcept {
  ip_address out;
  std::copy(octets.begin(), octets.end(), out.octets_.begin());
  return out;
}

ip_address ip_address::v6(std::array<std::uint8_t, 16> octets) noexcept {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), octets.begin()))
    return v4({octets[12], octets[13], octets[14], octets[15]});
  ip_address out;
  out.octets_ = octets;
  out.v4_ = false;
  return out;
}

std::optional<ip_address> ip_address::parse(std::string_view text) {
  if (text.empty() || text.size() >= INET6_ADDRSTRLEN)
    return std::nullopt;
  std::string zero_terminated{text};
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, zero_terminated.c_str(), four.data()) == 1)
    return v4(four);
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, zero_terminated.c_str(), sixteen.data()) == 1)
    return v6(sixteen);
  return std::nullopt;
}

bool ip_address::is_unspecified() const noexcept {
  return std::all_of(octets_.begin(), octets_.end(), [](auto o) { return o == 0; });
}

bool ip_address::is_loopback() const noexcept {
  if (v4_)
    return octets_[0] == 127;
  return octets_[15] == 1 &&
         std::all_of(octets_.begin(), octets_.end() - 1, [](auto o) { return o == 0; });
}

bool ip_address::is_private() const noexcept {
  const auto& o = octets_;
  if (v4_)
    return o[0] == 10 || (o[0] == 172 && (o[1] & 0xf0) == 16) || (o[0] == 192 && o[1] == 168) ||
           (o[0] == 169 && o[1] == 254) || (o[0] == 100 && (o[1] & 0xc0) == 64);
  return (o[0] & 0xfe) == 0xfc || (o[0] == 0xfe && (o[1] & 0xc0) == 0x80);
}

bool ip_address::is_multicast() const noexcept {
  return v4_ ? (octets_[0] & 0xf0) == 0xe0 : octets_[0] == 0xff;
}

std::string ip_address::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(v4_ ? AF_INET : AF_INET6, octets_.data(), text, sizeof text);
  return text;
}

std::string endpoint::to_string() const {
  auto host = ip.is_v4() ? ip.to_string() : "[" + ip.to_string() + "]";
  return host + ":" + std::to_string(port);
}

std::size_t hash_value(const ip_address& a) noexcept { return mix(a.octets().data(), a.size(), 0); }

std::size_t hash_value(const endpoint& e) noexcept {
  return mix(e.ip.octets().data(), e.ip.size(), e.port * 0x9e3779b97f4a7c15ULL);
}

} // namespace catchup::base
