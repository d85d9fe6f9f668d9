#pragma once
// Datagrams in and out of the one UDP socket, many with each system call, and
// those of one flow as a train: the kernel then handles them as one.

#include "media/transmit.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace catchup::media::port {

/// Receives up to 32 datagrams or trains at a time.
class udp_receiver {
public:
  /// `server_port` completes the address a datagram came to.
  udp_receiver(int fd, std::uint16_t server_port);
  ~udp_receiver();

  /// One datagram, or several of `segment` bytes from one sender in a row, of
  /// which the last may be shorter (UDP_GRO).
  struct arrival {
    five_tuple from;
    base::const_bytes bytes; // valid until the next `receive`
    std::size_t segment = 0;
  };

  /// Receives waiting datagrams without blocking. None is larger than 64 KiB.
  const std::vector<arrival>& receive();

  /// Whether `in` is a part of what `receive` returned.
  bool holds(base::const_bytes in) const noexcept;

  static constexpr std::size_t batch = 32;

private:
  struct arrays;

  void renew(std::size_t i);

  int fd_;
  std::uint16_t server_port_;
  std::unique_ptr<arrays> arrays_;
  std::size_t used_ = batch; // what the kernel has written to
  std::vector<arrival> out_;
};

/// Collects datagrams and sends them together: those to one destination as
/// trains (UDP_SEGMENT), in order. Where the kernel refuses a train, its
/// datagrams go alone, and so do all later ones to that destination.
class udp_sender {
public:
  udp_sender(int fd, bool ipv6, bool from_any);
  ~udp_sender();

  /// Keeps views of the payload until `flush`, or copies it.
  void add(const transmit& t, bool copy_payload);

  /// Memory for one datagram of at most `most` bytes, until any other call but
  /// `commit`; empty when there is none.
  base::bytes reserve(const five_tuple& to, std::size_t most);
  /// Adds the first `used` bytes of what `reserve` returned, which `flush` sends.
  void commit(const five_tuple& to, std::size_t used);

  /// Sends all. What the kernel does not take now is lost, as datagrams are;
  /// the result says how many.
  std::size_t flush();

  static constexpr std::size_t batch = 64;
  /// Bytes kept between flushes: a train of 16 datagrams of an SFU to each of 16
  /// members is 300 KB. Pages that are never written cost nothing.
  static constexpr std::size_t kept_bytes = batch * 8 * 1024;
  static constexpr std::size_t max_datagram = 65'536;
  /// The kernel's own bound.
  static constexpr std::size_t longest_train = 64;
  /// Payload that fits into Ethernet, IPv6 and UDP: larger datagrams are rare, and a
  /// train of them would be refused.
  static constexpr std::size_t largest_segment = 1452;

private:
  struct message;
  struct arrays;

  message* train_for(const five_tuple& to, std::size_t size);
  message& open(const five_tuple& to, std::size_t size);
  message& message_for(const five_tuple& to, std::size_t size);
  void append(message& m, const transmit& t, std::size_t size, bool copy_payload);
  base::const_bytes keep(base::const_bytes in);
  void prepare(std::size_t i);
  void send_alone(std::size_t i);
  bool refuses_trains(const five_tuple& to) const;

  int fd_;
  bool ipv6_;
  bool from_any_; // bound to no address, so each datagram says where from
  std::size_t lost_ = 0;
  std::size_t used_ = 0; // messages
  std::size_t kept_ = 0; // bytes
  std::unique_ptr<arrays> arrays_;
};

} // namespace catchup::media::port
