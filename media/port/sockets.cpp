#include "media/port/sockets.hpp"

#include "media/port/socket_address.hpp"

#include <cerrno>
#include <netinet/udp.h>
#include <string>
#include <system_error>

namespace catchup::media::port {

namespace {

constexpr int backlog = 512;
constexpr int attempts = 32;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

[[noreturn]] void cannot_listen(int error, std::uint16_t port) {
  throw std::system_error(error, std::generic_category(),
                          "cannot listen on port " + std::to_string(port) + " for the relay");
}

void set(const file_descriptor& fd, int level, int option, int value) {
  if (::setsockopt(fd.get(), level, option, &value, sizeof value) != 0)
    fail("setsockopt");
}

// Sets an option that the kernel may refuse without harm.
void try_to_set(const file_descriptor& fd, int level, int option, int value) {
  [[maybe_unused]] auto rc = ::setsockopt(fd.get(), level, option, &value, sizeof value);
}

int get(const file_descriptor& fd, int level, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd.get(), level, option, &value, &size) == 0 ? value : 0;
}

file_descriptor open(bool ipv6, int type) {
  file_descriptor fd{::socket(ipv6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (fd && ipv6)
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  return fd;
}

bool bind(const file_descriptor& fd, const base::endpoint& to, bool ipv6) {
  socket_address address{to, ipv6};
  return ::bind(fd.get(), address.data(), address.size()) == 0;
}

std::uint16_t bound_port(const file_descriptor& fd) {
  socket_address address;
  if (::getsockname(fd.get(), address.data(), address.capacity()) != 0)
    fail("getsockname");
  return address.to_endpoint().port;
}

void tune_udp(const file_descriptor& fd, bool ipv6, int buffer_size) {
  for (auto [forced, plain] :
       {std::pair{SO_RCVBUFFORCE, SO_RCVBUF}, std::pair{SO_SNDBUFFORCE, SO_SNDBUF}}) {
    try_to_set(fd, SOL_SOCKET, plain, buffer_size);
    try_to_set(fd, SOL_SOCKET, forced, buffer_size); // beyond the limit, with the privilege
  }
  if (ipv6) {
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    try_to_set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
  } else {
    set(fd, IPPROTO_IP, IP_PKTINFO, 1);
  }
  try_to_set(fd, SOL_UDP, UDP_GRO, 1);
  // Relayed datagrams may be fragmented on their way (RFC 8656 §14).
  try_to_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
}

// Empty when the port is taken for TCP, which port 0 may meet by chance.
std::optional<socket_pair> try_open(const base::ip_address& ip, bool ipv6, std::uint16_t port,
                                    bool tcp, int buffer_size, bool shared) {
  socket_pair out;
  out.ipv6 = ipv6;
  out.udp = open(ipv6, SOCK_DGRAM);
  if (!out.udp)
    fail("socket");
  if (shared)
    set(out.udp, SOL_SOCKET, SO_REUSEPORT, 1);
  if (!bind(out.udp, {ip, port}, ipv6))
    cannot_listen(errno, port);
  tune_udp(out.udp, ipv6, buffer_size);
  out.port = bound_port(out.udp);
  out.receive_buffer = get(out.udp, SOL_SOCKET, SO_RCVBUF);
  if (!tcp)
    return out;
  out.tcp = open(ipv6, SOCK_STREAM);
  if (!out.tcp)
    fail("socket");
  set(out.tcp, SOL_SOCKET, SO_REUSEADDR, 1);
  if (shared)
    set(out.tcp, SOL_SOCKET, SO_REUSEPORT, 1);
  if (!bind(out.tcp, {ip, out.port}, ipv6) || ::listen(out.tcp.get(), backlog) != 0) {
    if (errno == EADDRINUSE && port == 0)
      return std::nullopt;
    cannot_listen(errno, port);
  }
  return out;
}

// The machine may have no IPv6 at all, or not let a socket speak both.
bool has_ipv6() {
  file_descriptor probe{::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  if (!probe)
    return false;
  int off = 0;
  return ::setsockopt(probe.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0 &&
         bind(probe, {*base::ip_address::parse("::"), 0}, true);
}

} // namespace

socket_pair open_sockets(std::optional<base::ip_address> ip, std::uint16_t port, bool tcp,
                         int buffer_size, bool shared) {
  bool ipv6 = ip ? !ip->is_v4() : has_ipv6();
  auto any = ipv6 ? base::ip_address::v6({}) : base::ip_address{};
  for (int i = 0; i < attempts; ++i)
    if (auto out = try_open(ip.value_or(any), ipv6, port, tcp, buffer_size, shared))
      return std::move(*out);
  cannot_listen(EADDRINUSE, port);
}

} // namespace catchup::media::port
