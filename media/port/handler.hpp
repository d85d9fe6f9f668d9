#pragma once
// What a protocol on the media port looks like to the port. One port serves
// several: each packet goes to the first handler that accepts it.

#include "media/timestamps.hpp"
#include "media/transmit.hpp"

#include <cstdint>

namespace catchup::media::port {

/// RFC 7983 §7: the first byte tells.
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

/// TCP connections and frames since the start.
struct tcp_totals {
  std::uint64_t refused = 0; // connections: too many
  std::uint64_t idle = 0;    // closed because nobody wanted them
  std::uint64_t dropped = 0; // frames for clients that read too slowly
};

/// Where a handler puts what goes out. The port copies `head` at once and
/// `payload` when it would not last until the batch is sent.
class outbox {
public:
  virtual ~outbox() = default;
  virtual void send(const transmit& t) = 0;
};

/// Everything is called on the port's thread, except the constructor, and the
/// destructor after `stopped`.
class handler {
public:
  virtual ~handler() = default;

  virtual bool accepts(packet_kind kind, const five_tuple& from, base::const_bytes in) = 0;

  /// A datagram, or a frame of a TCP connection.
  virtual void receive(const timestamps& t, const five_tuple& from, base::const_bytes in,
                       outbox& out) = 0;

  /// Whether a TCP connection has a reason to stay open.
  virtual bool wants(const five_tuple& from) = 0;

  /// A TCP connection is gone.
  virtual void closed(const five_tuple& from) = 0;

  /// Readable when other threads have left work; `work` is then called.
  virtual int wake_fd() const = 0;

  /// Called between batches, so it must be cheap when there is nothing to do.
  virtual void work(const timestamps& t, outbox& out) = 0;

  /// What the port itself has refused so far; called before `tick`.
  virtual void count(const tcp_totals&) {}

  /// Called about every 100 ms.
  virtual void tick(const timestamps& t, outbox& out) = 0;

  /// The thread has ended; nothing is called any more.
  virtual void stopped() = 0;
};

} // namespace catchup::media::port
