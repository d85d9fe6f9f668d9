#pragma once
// Datagrams in and out of the one UDP socket, many with each system call.

#include "turn/transmit.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace catchup::turn::port {

/// Receives up to 32 datagrams at a time.
class udp_receiver {
public:
  /// `server_port` completes the address a datagram came to.
  udp_receiver(int fd, std::uint16_t server_port);
  ~udp_receiver();

  struct datagram {
    five_tuple from;
    base::const_bytes bytes; // valid until the next `receive`
  };

  /// What there is, without waiting. Datagrams larger than 64 KiB do not exist.
  const std::vector<datagram>& receive();

  static constexpr std::size_t batch = 32;

private:
  struct arrays;

  int fd_;
  std::uint16_t server_port_;
  std::unique_ptr<arrays> arrays_;
  std::vector<datagram> out_;
};

/// Collects datagrams and sends them together.
class udp_sender {
public:
  udp_sender(int fd, bool ipv6, bool from_any);
  ~udp_sender();

  /// Keeps views of the payload until `flush`, or copies it.
  void add(const transmit& t, bool copy_payload);

  /// Sends all. What the kernel does not take now is lost, as datagrams are;
  /// the result says how many.
  std::size_t flush();

  static constexpr std::size_t batch = 64;

private:
  struct arrays;

  int fd_;
  bool ipv6_;
  bool from_any_; // bound to no address, so each datagram says where from
  std::size_t lost_ = 0;
  std::size_t used_ = 0;
  std::unique_ptr<arrays> arrays_;
};

} // namespace catchup::turn::port
