#pragma once
// One client over TCP: frames in, a bounded queue out. The first bytes of the client
// choose TLS or none, and inside of that the framing (media/port/stream_framer.hpp).

#include "base/time.hpp"
#include "media/port/file_descriptor.hpp"
#include "media/port/stream_framer.hpp"
#include "media/tls_session.hpp"
#include "media/transmit.hpp"

namespace catchup::media::port {

class tcp_connection {
public:
  /// Media is dropped beyond this many bytes in the queue: a client that reads
  /// too slowly loses the newest, whole frames at a time.
  static constexpr std::size_t media_limit = 128 * 1024;
  /// Answers may go further; a client that lets it come to this is cut off.
  static constexpr std::size_t hard_limit = 192 * 1024;
  /// Frames of clients nobody knows yet.
  static constexpr std::size_t stranger_frame = 2048;
  static constexpr std::size_t largest_frame = 66'000;

  /// With `tls` a client may speak TLS, which its first byte tells.
  tcp_connection(file_descriptor fd, const five_tuple& peer, base::time_point now,
                 std::shared_ptr<const tls_identity> tls = nullptr);

  const five_tuple& peer() const noexcept { return peer_; }
  int fd() const noexcept { return fd_.get(); }

  enum class io { ok, more, closed };

  struct arrival {
    base::const_bytes bytes;
    io state = io::ok;
  };
  /// Reads once into `space`. `closed` when the peer has ended or failed; `more` when
  /// there may be more to read.
  arrival receive(base::bytes space);

  /// Whether `take(in)` would begin a TLS handshake.
  bool begins_tls(base::const_bytes in) const noexcept {
    return identity_ && tls_session::wanted(in);
  }
  /// Opens what `receive` gave; its frames are then in `next()`. `closed` when TLS is over.
  io take(base::const_bytes in);

  /// The next frame, valid until the next call. The first one decides `peer().transport`.
  std::optional<base::const_bytes> next();
  /// The client speaks nothing that is known here.
  bool broken() const noexcept { return framer_.broken(); }

  /// Queues; false when a media frame was dropped.
  bool queue(const transmit& t);

  /// Writes what the kernel takes; `more` when something is left.
  io write();

  /// Something waits to be written, such as a part of a handshake.
  bool has_output() const noexcept { return waiting() > 0; }
  bool secure() const noexcept { return tls_ != nullptr; }
  /// Whether it may yet begin a handshake, or is in one.
  bool settling() const noexcept { return identity_ || (tls_ && !tls_->established()); }
  bool overrun() const noexcept { return waiting() > hard_limit; }

  base::time_point wanted_at() const noexcept { return wanted_at_; }
  /// Somebody knows this client.
  void wanted(base::time_point now) noexcept {
    wanted_at_ = now;
    framer_.set_limit(largest_frame);
  }

  /// Bookkeeping of the server: on the list of those to flush; waits for room.
  bool dirty = false;
  bool waits_for_room = false;

private:
  std::size_t waiting() const noexcept { return out_.size() - sent_; }

  file_descriptor fd_;
  five_tuple peer_;
  stream_framer framer_{stranger_frame};
  base::buffer out_;
  std::size_t sent_ = 0; // of `out_`
  base::time_point wanted_at_;
  std::shared_ptr<const tls_identity> identity_; // until the first byte has come
  std::unique_ptr<tls_session> tls_;
  base::buffer plain_; // what TLS has opened
  base::buffer frame_; // what it shall seal: kept for the memory that it has
};

} // namespace catchup::media::port
