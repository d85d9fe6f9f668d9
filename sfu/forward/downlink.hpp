#pragma once
// One track on its way to one subscriber: which layer, under which numbers, what to
// send again, and the sender report.

#include "base/token_bucket.hpp"
#include "sfu/forward/rewriter.hpp"
#include "sfu/forward/uplink.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace catchup::sfu::forward {

/// Where packets for one subscriber go: written into its space, then sealed and sent.
class outlet {
public:
  virtual ~outlet() = default;
  /// Space for a packet of at most `size` bytes; empty when nothing can be sent.
  virtual base::bytes begin(std::size_t size) = 0;
  /// The first `size` bytes of it are an RTP packet.
  virtual void end(std::size_t size) = 0;
};

class downlink {
public:
  struct config {
    std::uint32_t ssrc = 0;
    std::uint32_t repair_ssrc = 0;
    std::uint8_t payload_type = 0;
    std::optional<std::uint8_t> repair_type; // none: NACKs are not answered
    rtp::extension_ids extensions;
    std::string mid;
    std::string cname;
    std::uint16_t first_sequence = 1; // below 32768
    std::uint32_t first_timestamp = 0;
  };

  static constexpr base::duration report_interval = std::chrono::seconds{1};
  /// The same packet is sent again at most so often and so many times.
  static constexpr base::duration repair_interval = std::chrono::milliseconds{20};
  static constexpr int max_repairs = 8;
  /// Bytes per second that may be sent again, and at once.
  static constexpr double repair_rate = 250'000;
  static constexpr double repair_burst = 125'000;

  downlink(base::time_point now, forward::kind k, config c);

  const config& settings() const noexcept { return config_; }

  /// A packet of the track. Sends it when it belongs to the layer of this subscriber.
  void forward(const uplink& source, const incoming& in, outlet& out);

  /// The layer that the subscriber should get; the current one goes on until a key
  /// frame of it. Without: nothing is sent (paused).
  void aim(std::optional<std::size_t> layer) noexcept;
  std::optional<std::size_t> target() const noexcept { return target_; }
  std::optional<std::size_t> current() const noexcept { return current_; }

  /// The layer of which a key frame is needed to go on, if any.
  std::optional<std::size_t> needs_key_frame() const noexcept;

  /// The subscriber asked for `sequence` again.
  void repair(base::time_point now, const uplink& source, std::uint16_t sequence, outlet& out);

  /// Appends SR and SDES when they are due; false otherwise.
  bool report(base::time_point now, const uplink& source, rtp::rtcp::compound_writer& out);
  base::time_point deadline() const noexcept { return next_report_; }

  /// Reports of the subscriber about the stream.
  void reported(base::time_point now, const rtp::rtcp::report& r);
  base::duration round_trip() const noexcept { return round_trip_; }
  /// Of the last report, 0 to 1.
  double loss() const noexcept { return loss_; }

  std::uint64_t packets() const noexcept { return packets_; }

private:
  struct sent {
    std::int64_t sequence = -1;
    std::int64_t source = 0;
    numbers n;
    base::time_point repaired{};
    std::uint8_t layer = 0;
    std::uint8_t repairs = 0;
  };
  struct past_report {
    std::uint32_t middle = 0;
    base::time_point at{};
  };

  bool enter(const uplink& source, const incoming& in);
  std::uint32_t timestamp_for(const uplink& source, const incoming& in) const;
  /// Writes header, descriptor and payload; `original` is set for a repair.
  void write(base::time_point now, const rtp::packet& p, const rtp::extension_values& x,
             const std::optional<rtp::vp8::descriptor>& vp8, const numbers& n, bool repairing,
             outlet& out);
  void write_padding(base::time_point now, const incoming& in, outlet& out);

  forward::kind kind_;
  config config_;
  rewriter rewriter_;
  std::optional<std::size_t> target_ = 0;
  std::optional<std::size_t> current_;
  base::time_point last_at_{};
  std::optional<sender_clock> last_clock_; // of the source before the switch
  std::vector<sent> history_;
  base::token_bucket repair_budget_;
  std::uint16_t repair_sequence_;
  bool mid_known_ = false;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  base::time_point next_report_ = base::time_point::max();
  std::array<past_report, 4> reports_{};
  std::size_t report_count_ = 0;
  base::duration round_trip_ = std::chrono::milliseconds{100};
  double loss_ = 0;
};

} // namespace catchup::sfu::forward
