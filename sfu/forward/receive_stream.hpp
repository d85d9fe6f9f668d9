#pragma once
// One RTP stream from a client: order, losses, what to ask for again, the sender's
// clock and the receiver report (RFC 3550 §6.4.1, appendix A).

#include "base/time.hpp"
#include "sfu/forward/missing_list.hpp"
#include "sfu/forward/packet_store.hpp"
#include "sfu/rtp/packet.hpp"
#include "sfu/rtp/rtcp.hpp"
#include "sfu/rtp/sequence.hpp"

#include <optional>
#include <vector>

namespace catchup::sfu::forward {

/// How the sender's two clocks belong together, by its last report.
struct sender_clock {
  std::uint64_t ntp = 0; // RFC 3550 §4: 32.32
  std::uint32_t timestamp = 0;
  base::time_point received{};
};

class receive_stream {
public:
  struct config {
    std::uint32_t clock_rate = 90000;
    bool nack = false;
    std::size_t store_entries = 1024;
    std::size_t store_bytes = 384 * 1024;
  };

  struct placed {
    std::int64_t sequence = 0; // continuous
    bool fresh = false;        // neither seen before nor too old to tell
    bool newest = false;       // the highest so far
    bool broken = false;       // too much is missing: only a key frame helps
  };

  explicit receive_stream(const config& c);

  /// A packet of the stream, or one restored from its repair stream (`repaired`).
  /// Keeps a copy of those with payload.
  placed receive(base::time_point now, const rtp::packet& p, bool repaired = false);

  /// A key frame began at `sequence`.
  void key_frame(std::int64_t sequence) { missing_.forget_before(sequence); }

  void sender_report(base::time_point now, const rtp::rtcp::sender_info& s);
  const std::optional<sender_clock>& clock() const noexcept { return clock_; }
  std::uint32_t clock_rate() const noexcept { return config_.clock_rate; }

  /// The report block about this stream; resets the interval of the loss fraction.
  rtp::rtcp::report report(base::time_point now, std::uint32_t ssrc);
  bool heard() const noexcept { return highest_.has_value(); }

  void due_nacks(base::time_point now, base::duration round_trip, std::vector<std::uint16_t>& out) {
    missing_.due(now, round_trip, out);
  }
  base::time_point deadline() const noexcept { return missing_.deadline(); }

  const packet_store& store() const noexcept { return store_; }

  /// When the last packet with payload came.
  base::time_point last_media() const noexcept { return last_media_; }
  /// Payload of the last whole second, in bits per second.
  std::uint64_t bitrate() const noexcept { return bitrate_; }

private:
  void measure(base::time_point now, const rtp::packet& p);

  config config_;
  packet_store store_;
  missing_list missing_;
  // Positive also for packets older than the first.
  rtp::unwrapper<std::uint16_t> unwrap_{0x10000};
  std::optional<std::int64_t> highest_;
  std::int64_t first_ = 0;
  std::uint64_t received_ = 0;
  std::int64_t expected_before_ = 0;
  std::uint64_t received_before_ = 0;
  double jitter_ = 0;
  std::optional<std::int64_t> transit_;
  std::optional<sender_clock> clock_;
  base::time_point last_media_{};
  base::time_point second_begun_{};
  std::uint64_t second_bits_ = 0;
  std::uint64_t bitrate_ = 0;
};

} // namespace catchup::sfu::forward
