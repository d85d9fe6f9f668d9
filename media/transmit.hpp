#pragma once
// A datagram that a core without sockets asks the port to send.

#include "base/bytes.hpp"
#include "media/five_tuple.hpp"

namespace catchup::media {

/// `head`, then `payload`, then `padding` zero bytes (at most 3). Both views are
/// valid until the next call of the core that made them. A payload that is a part of
/// the packet being received is sent from there; the port copies any other.
struct transmit {
  five_tuple to;
  base::const_bytes head;
  base::const_bytes payload;
  std::size_t padding = 0;
  bool media = false; // may be dropped when the client reads too slowly
};

} // namespace catchup::media
