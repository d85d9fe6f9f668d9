#include "service/connect.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace catchup::service {

namespace {

constexpr int patience_ms = 5000;

struct address_list {
  explicit address_list(const std::string& host, const char* port, int type) {
    addrinfo hints{};
    hints.ai_socktype = type;
    error = getaddrinfo(host.c_str(), port, &hints, &first);
  }
  ~address_list() {
    if (first)
      freeaddrinfo(first);
  }
  address_list(const address_list&) = delete;
  address_list& operator=(const address_list&) = delete;
  addrinfo* first = nullptr;
  int error = 0;
};

std::optional<base::ip_address> ip_of(const sockaddr* a) {
  if (a == nullptr)
    return std::nullopt;
  if (a->sa_family == AF_INET) {
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in*>(a)->sin_addr, 4);
    return base::ip_address::v4(octets);
  }
  if (a->sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &reinterpret_cast<const sockaddr_in6*>(a)->sin6_addr, 16);
    return base::ip_address::v6(octets);
  }
  return std::nullopt;
}

// 0 or an errno.
int connect_in_time(int fd, const sockaddr* to, socklen_t size) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  if (connect(fd, to, size) != 0) {
    if (errno != EINPROGRESS)
      return errno;
    pollfd waiting{fd, POLLOUT, 0};
    if (poll(&waiting, 1, patience_ms) <= 0)
      return ETIMEDOUT;
    int error = 0;
    socklen_t n = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
    if (error != 0)
      return error;
  }
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  timeval limit{patience_ms / 1000, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return 0;
}

} // namespace

socket_fd::~socket_fd() {
  if (fd_ >= 0)
    close(fd_);
}

base::result<socket_fd, std::string> connect_to(const std::string& host, std::uint16_t port,
                                                protocol p) {
  auto type = p == protocol::tcp ? SOCK_STREAM : SOCK_DGRAM;
  address_list found{host, std::to_string(port).c_str(), type};
  if (found.error != 0)
    return base::failure{host + ": " + gai_strerror(found.error)};
  int error = ENOENT;
  for (auto* a = found.first; a != nullptr; a = a->ai_next) {
    socket_fd fd{socket(a->ai_family, type | SOCK_CLOEXEC, 0)};
    if (fd.get() < 0)
      error = errno;
    else if ((error = connect_in_time(fd.get(), a->ai_addr, a->ai_addrlen)) == 0)
      return fd;
  }
  return base::failure{host + " port " + std::to_string(port) + ": " + std::strerror(error)};
}

std::vector<base::ip_address> resolve(const std::string& host) {
  std::vector<base::ip_address> out;
  address_list found{host, nullptr, SOCK_STREAM};
  for (auto* a = found.first; a != nullptr; a = a->ai_next)
    if (auto ip = ip_of(a->ai_addr); ip && std::ranges::find(out, *ip) == out.end())
      out.push_back(*ip);
  return out;
}

std::vector<base::ip_address> own_addresses() {
  std::vector<base::ip_address> out;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0)
    return out;
  std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner{first, freeifaddrs};
  for (auto* i = first; i != nullptr; i = i->ifa_next)
    if (auto ip = ip_of(i->ifa_addr); ip && (i->ifa_flags & IFF_LOOPBACK) == 0)
      out.push_back(*ip);
  return out;
}

} // namespace catchup::service
