#pragma once
// Sockets of the doctor: blocking, but never for long.

#include "base/endpoint.hpp"
#include "base/result.hpp"

#include <string>
#include <vector>

namespace catchup::service {

/// Owns a file descriptor.
class socket_fd {
public:
  socket_fd() = default;
  explicit socket_fd(int fd) noexcept : fd_(fd) {}
  socket_fd(socket_fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  socket_fd& operator=(socket_fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~socket_fd();
  int get() const noexcept { return fd_; }

private:
  int fd_ = -1;
};

enum class protocol : std::uint8_t { tcp, udp };

/// A connected socket whose reads and writes give up after 5 s; or why not.
base::result<socket_fd, std::string> connect_to(const std::string& host, std::uint16_t port,
                                                protocol p);

std::vector<base::ip_address> resolve(const std::string& host);
/// The addresses of this machine, without loopback.
std::vector<base::ip_address> own_addresses();

} // namespace catchup::service
