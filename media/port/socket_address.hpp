#pragma once
// base::endpoint to and from what the kernel wants.

#include "base/endpoint.hpp"

#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>

namespace catchup::media::port {

/// A sockaddr of the family a socket speaks. An IPv6 socket takes IPv4 in its
/// mapped form, and gives it back so; an endpoint never is mapped.
class socket_address {
public:
  socket_address() = default;
  socket_address(const base::endpoint& e, bool ipv6_socket) noexcept;
  /// Reads an address that the system wrote; IPv4 or IPv6.
  explicit socket_address(const sockaddr& in) noexcept;

  base::endpoint to_endpoint() const noexcept;

  sockaddr* data() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  /// Before a call that fills it in.
  socklen_t* capacity() noexcept {
    size_ = sizeof storage_;
    return &size_;
  }

private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof(sockaddr_storage);
};

base::ip_address to_address(const in_addr& in) noexcept;
base::ip_address to_address(const in6_addr& in) noexcept;
in_addr to_in_addr(const base::ip_address& ip) noexcept;   // `ip` is IPv4
in6_addr to_in6_addr(const base::ip_address& ip) noexcept; // IPv4 becomes mapped

} // namespace catchup::media::port
