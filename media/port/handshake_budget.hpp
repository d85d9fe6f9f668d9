#pragma once
// Limits the handshakes of one media thread, TLS and DTLS together: each costs a
// signature, which takes up to half a millisecond, and no media moves meanwhile.

#include "media/rate.hpp"

namespace catchup::media::port {

class handshake_budget {
public:
  struct limits {
    /// New ones a second of an IPv4 address or IPv6 /64, twice as many at once; 0: no limit.
    unsigned of_source = 100;
    /// Steps in all between two batches of media. A TLS client waits for the next batch.
    unsigned steps = 4;
    /// The same for datagrams of DTLS. One beyond it is lost, and its client repeats it,
    /// so there is room for a room full of people who join at once.
    unsigned datagrams = 64;
  };

  explicit handshake_budget(const limits& l) : limits_(l), sources_(l.of_source, random_seed()) {}

  /// Counts a new handshake of `source`; false when it is one too many.
  bool begin(base::time_point now, const base::ip_address& source) noexcept {
    return sources_.take(now, source);
  }

  /// Counts a step of a handshake that can wait; false: go on after the next batch.
  bool step() noexcept { return ++taken_ <= limits_.steps; }

  /// Counts a datagram that begins or goes on with a handshake; false: drop it.
  bool datagram() noexcept { return ++taken_ <= limits_.datagrams; }

  /// A batch of media has had its turn.
  void next_batch() noexcept { taken_ = 0; }

private:
  limits limits_;
  source_rates sources_;
  unsigned taken_ = 0; // since the last batch
};

} // namespace catchup::media::port
