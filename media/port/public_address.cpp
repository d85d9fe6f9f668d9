#include "media/port/public_address.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace catchup::media::port {

namespace {

base::ip_address from_sockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return base::ip_address::v4(octets);
  }
  std::array<std::uint8_t, 16> octets{};
  std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, 16);
  return base::ip_address::v6(octets);
}

std::optional<base::ip_address> resolve(const std::string& domain, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(domain.c_str(), nullptr, &hints, &found) != 0 || found == nullptr)
    return std::nullopt;
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, freeaddrinfo};
  return from_sockaddr(found->ai_addr);
}

// Connecting a UDP socket sends nothing; it asks the routing table which of our
// addresses a packet would carry. The target is a documentation address.
std::optional<base::ip_address> default_route_address() {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return std::nullopt;
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  inet_pton(AF_INET, "192.0.2.1", &target.sin_addr);
  std::optional<base::ip_address> out;
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&target), sizeof target) == 0 &&
      getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0)
    out = from_sockaddr(reinterpret_cast<const sockaddr*>(&own));
  close(fd);
  return out;
}

} // namespace

std::optional<base::ip_address> find_public_address(const std::string& domain) {
  auto usable = [&](const std::optional<base::ip_address>& a) {
    return a && (!a->is_loopback() || domain == "localhost");
  };
  for (int family : {AF_INET, AF_INET6})
    if (auto address = resolve(domain, family); usable(address))
      return address;
  return default_route_address();
}

} // namespace catchup::media::port
