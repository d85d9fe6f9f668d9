#pragma once
// Interface of a protocol on the media port. One port serves
// several: each packet is offered to the handlers in their order until one takes it.

#include "media/stun/message.hpp"
#include "media/timestamps.hpp"
#include "media/transmit.hpp"

#include <cstdint>
#include <optional>

namespace catchup::media::port {

/// RFC 7983 §7: the first byte decides.
enum class packet_kind : std::uint8_t { stun, dtls, channel_data, rtp, unknown };

constexpr packet_kind classify(base::const_bytes in) noexcept {
  if (in.empty())
    return packet_kind::unknown;
  auto first = std::to_integer<unsigned>(in.front());
  if (first <= 3)
    return packet_kind::stun;
  if (first >= 20 && first <= 63)
    return packet_kind::dtls;
  if (first >= 64 && first <= 127) // 80 to 127: see turn::last_channel
    return packet_kind::channel_data;
  if (first >= 128 && first <= 191)
    return packet_kind::rtp;
  return packet_kind::unknown;
}

/// A datagram, or a frame of a TCP connection. Valid during `handler::receive`.
struct packet {
  packet_kind kind = packet_kind::unknown;
  five_tuple from;
  base::const_bytes bytes;
  /// When the port read it. Datagrams that were read by one system call have one time.
  timestamps at;
  /// Of kind `stun` alone; empty when the message is malformed. Parsed once for all
  /// handlers, with a FINGERPRINT checked when there is one.
  std::optional<stun::message> stun{};
};

/// Classifies `in`, and parses it when it is STUN.
inline packet make_packet(const timestamps& at, const five_tuple& from, base::const_bytes in) {
  packet out{.kind = classify(in), .from = from, .bytes = in, .at = at};
  if (out.kind == packet_kind::stun)
    if (auto m = stun::message::parse(in))
      out.stun = *m;
  return out;
}

/// Whether a handler took a packet.
enum class claim : std::uint8_t { mine, not_mine };

/// Where a handler puts what goes out. What was put there is never overwritten.
class outbox {
public:
  virtual ~outbox() = default;

  /// Queues a datagram or a frame. Copies `head`, and `payload` unless that is a part
  /// of the packet being received.
  virtual void send(const transmit& t) = 0;

  /// Memory for one datagram or frame of at most `most` bytes to `to`, so that a
  /// handler can seal in place. Valid until `commit`, and until any other call of this
  /// outbox. Empty when the socket cannot reach `to` or `most` is above 65,536.
  virtual base::bytes reserve(const five_tuple& to, std::size_t most) = 0;
  /// Queues the first `used` bytes of what `reserve` gave last; 0 queues nothing.
  /// `media` may be dropped when a TCP client reads too slowly.
  virtual void commit(std::size_t used, bool media) = 0;

  /// Offers a payload to all handlers as a packet from `from`, whose transport is
  /// `relayed`: the way from a TURN client to a service on the same port. The service
  /// sends to `from` as to any client.
  virtual void offer(const five_tuple& from, base::const_bytes in) = 0;

  /// Whether a handshake of `from` may be begun (`begins`) or gone on with now
  /// (handshake_budget). False: drop the datagram, which its client repeats.
  virtual bool may_handshake(const five_tuple& /*from*/, bool /*begins*/) { return true; }
};

/// Everything is called on the port's thread, except the constructor, and the
/// destructor after `stopped`.
class handler {
public:
  virtual ~handler() = default;

  /// Takes the packet, or leaves it to the next handler without a trace.
  virtual claim receive(const packet& p, outbox& out) = 0;

  /// Sends `payload` to the client behind a relayed address (`to.client`), as coming
  /// from `to.server`. False when that is not for this handler. The port calls it for
  /// what a service sends with `transport::relayed`.
  virtual bool deliver(const five_tuple& /*to*/, base::const_bytes /*payload*/, outbox&) {
    return false;
  }

  /// Whether a TCP connection has a reason to stay open.
  virtual bool wants(const five_tuple& from) = 0;

  /// A TCP connection is gone.
  virtual void closed(const five_tuple& from) = 0;

  /// Readable when other threads have left work; `work` is then called.
  virtual int wake_fd() const = 0;

  /// Called between batches and soon after `deadline`, so it must be cheap when there
  /// is nothing to do.
  virtual void work(const timestamps& t, outbox& out) = 0;

  /// When `work` is to be called at the latest: DTLS retransmissions, feedback, pacing.
  /// Precise to a millisecond. A deadline in the past is due at once.
  virtual base::time_point deadline() const { return base::time_point::max(); }

  /// Called about every 100 ms.
  virtual void tick(const timestamps& t, outbox& out) = 0;

  /// The thread has ended; nothing is called any more.
  virtual void stopped() = 0;
};

} // namespace catchup::media::port
