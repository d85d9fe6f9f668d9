#pragma once
// One DTLS 1.2 association (RFC 6347) that yields the keys of SRTP (RFC 5764):
// datagrams in, datagrams out, no socket.
//
// OpenSSL reads the clock by itself for its retransmission timers, so `deadline`
// is a hint relative to the caller's `now`, and `wake` does nothing when called
// too early.

#include "sfu/dtls/certificate.hpp"

#include "base/time.hpp"

#include <array>
#include <deque>
#include <memory>
#include <vector>

struct ssl_st;

namespace catchup::sfu::dtls {

/// The side that sends the ClientHello (RFC 5763 §5): `a=setup:active` is the client.
enum class role : std::uint8_t { client, server };

enum class state : std::uint8_t { handshaking, connected, closed, failed };

/// A master key followed by its salt: 28 bytes for AES-128-GCM, 44 for AES-256-GCM,
/// 30 for AES-128-CM (RFC 7714 §12, RFC 3711 §8.2).
struct master {
  std::array<std::byte, 44> bytes{};
  std::size_t size = 0;

  base::const_bytes view() const noexcept { return base::const_bytes{bytes}.first(size); }
};

struct keys {
  dtls::protection protection{};
  master local; // seals what we send
  master remote;
};

class association {
public:
  /// No datagram is larger than this, IP and UDP headers not counted.
  static constexpr std::size_t max_datagram = 1200;
  /// A handshake that takes longer fails.
  static constexpr base::duration handshake_limit = std::chrono::seconds{30};

  /// The peer's certificate must have one of `expected`; none: nothing is accepted.
  association(base::time_point now, std::shared_ptr<const certificate> own, role r,
              std::vector<fingerprint> expected);
  ~association();
  association(association&&) noexcept;
  association& operator=(association&&) noexcept;

  /// A datagram whose first byte is 20 to 63 (RFC 7983).
  void receive(base::time_point now, base::const_bytes datagram);

  /// The next datagram to send; empty when there is none.
  base::buffer take_output();
  /// The next message of the peer (SCTP over DTLS, RFC 8261); empty when there is none.
  base::buffer take_data();
  /// Sends one message. False before the handshake is done and when it is too large.
  bool send(base::const_bytes message);

  /// When to call `wake`; time_point::max() when no timer runs.
  base::time_point deadline(base::time_point now) const;
  void wake(base::time_point now);

  /// Says goodbye (close_notify). Browsers show nothing of it.
  void close();

  dtls::state state() const noexcept { return state_; }
  /// Only when connected.
  const dtls::keys& keys() const noexcept { return keys_; }

private:
  struct queues;
  struct release {
    void operator()(ssl_st* s) const noexcept;
  };

  void advance();
  void finish_handshake();
  void read_data();

  std::shared_ptr<const certificate> own_;
  std::vector<fingerprint> expected_;
  std::unique_ptr<queues> queues_;
  std::unique_ptr<ssl_st, release> ssl_;
  role role_;
  base::time_point begun_;
  dtls::state state_ = state::handshaking;
  dtls::keys keys_;
};

} // namespace catchup::sfu::dtls
