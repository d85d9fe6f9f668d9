#include "media/port/socket_address.hpp"

#include <arpa/inet.h>
#include <cstring>

namespace catchup::media::port {

base::ip_address to_address(const in_addr& in) noexcept {
  std::array<std::uint8_t, 4> octets{};
  std::memcpy(octets.data(), &in, octets.size());
  return base::ip_address::v4(octets);
}

base::ip_address to_address(const in6_addr& in) noexcept {
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &in, octets.size());
  return base::ip_address::v6(octets);
}

in_addr to_in_addr(const base::ip_address& ip) noexcept {
  in_addr out{};
  std::memcpy(&out, ip.octets().data(), sizeof out);
  return out;
}

in6_addr to_in6_addr(const base::ip_address& ip) noexcept {
  in6_addr out{};
  if (ip.is_v4()) {
    out.s6_addr[10] = 0xff;
    out.s6_addr[11] = 0xff;
    std::memcpy(out.s6_addr + 12, ip.octets().data(), 4);
  } else {
    std::memcpy(&out, ip.octets().data(), sizeof out);
  }
  return out;
}

socket_address::socket_address(const base::endpoint& e, bool ipv6_socket) noexcept {
  if (ipv6_socket) {
    auto* a = reinterpret_cast<sockaddr_in6*>(&storage_);
    a->sin6_family = AF_INET6;
    a->sin6_port = htons(e.port);
    a->sin6_addr = to_in6_addr(e.ip);
    size_ = sizeof *a;
  } else {
    auto* a = reinterpret_cast<sockaddr_in*>(&storage_);
    a->sin_family = AF_INET;
    a->sin_port = htons(e.port);
    a->sin_addr = to_in_addr(e.ip);
    size_ = sizeof *a;
  }
}

socket_address::socket_address(const sockaddr& in) noexcept {
  size_ = in.sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  std::memcpy(&storage_, &in, size_);
}

base::endpoint socket_address::to_endpoint() const noexcept {
  if (storage_.ss_family == AF_INET6) {
    const auto* a = reinterpret_cast<const sockaddr_in6*>(&storage_);
    return {to_address(a->sin6_addr), ntohs(a->sin6_port)};
  }
  const auto* a = reinterpret_cast<const sockaddr_in*>(&storage_);
  return {to_address(a->sin_addr), ntohs(a->sin_port)};
}

} // namespace catchup::media::port
