#pragma once
// Sockets of many clients. Over UDP all share one socket and differ by their
// address of 127.0.0.0/8; over TCP each has a connection from such an address.

#include "media/stun/message.hpp"

#include <functional>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

namespace catchup::bench {

/// A datagram or frame for client `index`.
using on_frame = std::function<void(std::size_t index, base::const_bytes frame)>;

/// Packets to send: one buffer each, or `segments` equal ones in a train.
struct piece {
  std::size_t client = 0;
  base::const_bytes bytes;
  std::uint16_t segment = 0; // 0: not a train
};

class wire {
public:
  virtual ~wire() = default;
  /// How many pieces the kernel took; over TCP never a part of one.
  virtual std::size_t send(const std::vector<piece>& all) = 0;
  /// Waits so long for the first, then takes what is there.
  virtual void receive(int patience_ms, const on_frame& f) = 0;
};

/// 127.16.0.1 and up: the address of a client.
in_addr address_of(std::size_t client);

std::unique_ptr<wire> udp_wire(std::uint16_t server_port, bool gro);
std::unique_ptr<wire> tcp_wire(std::uint16_t server_port, std::size_t clients);

} // namespace catchup::bench
