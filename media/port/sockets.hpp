#pragma once
// Opens the two sockets of the media port.

#include "base/endpoint.hpp"
#include "media/port/file_descriptor.hpp"

#include <optional>

namespace catchup::media::port {

struct socket_pair {
  file_descriptor udp;
  file_descriptor tcp; // empty when not wanted
  bool ipv6 = false;   // they speak IPv6, and IPv4 in its mapped form
  std::uint16_t port = 0;
  int receive_buffer = 0; // bytes, as the kernel granted
};

/// Binds UDP and, when wanted, a TCP listener to the same port. Without `ip`
/// they take every address, IPv6 and IPv4, or IPv4 alone where there is no IPv6.
/// Port 0 finds one that is free for both. `shared`: others of this user may
/// bind the same port, and the kernel spreads clients over all of them
/// (SO_REUSEPORT). Throws std::system_error.
socket_pair open_sockets(std::optional<base::ip_address> ip, std::uint16_t port, bool tcp,
                         int buffer_size, bool shared = false);

} // namespace catchup::media::port
