#pragma once
// Arrival times of one client's packets, told back to it as TWCC feedback. Browsers
// do not raise their bitrate without, and start only their smallest layer.

#include "base/time.hpp"
#include "sfu/rtp/rtcp.hpp"
#include "sfu/rtp/sequence.hpp"
#include "sfu/rtp/twcc.hpp"

#include <vector>

namespace catchup::sfu::forward {

class arrival_log {
public:
  static constexpr base::duration interval = std::chrono::milliseconds{50};
  /// A late packet makes the next feedback tell again what came after it, as far
  /// back as this.
  static constexpr base::duration memory = std::chrono::milliseconds{500};
  static constexpr std::size_t max_arrivals = 2000;

  /// A packet with that transport-wide number was opened and kept. Browsers answer
  /// no NACK for what is reported here.
  void received(base::time_point now, std::uint16_t sequence);

  /// When the next feedback is due; time_point::max() when there is nothing to say.
  base::time_point deadline() const noexcept { return due_; }

  /// Appends one feedback packet; false when nothing was to say.
  bool write(base::time_point now, rtp::rtcp::compound_writer& out, std::uint32_t sender,
             std::uint32_t media);

private:
  rtp::unwrapper<std::uint16_t> unwrap_;
  std::vector<rtp::twcc::arrival> arrivals_; // ascends
  std::int64_t next_ = 0;                    // the first number not reported yet
  bool begun_ = false;
  std::uint8_t feedback_number_ = 0;
  base::time_point due_ = base::time_point::max();
};

} // namespace catchup::sfu::forward
