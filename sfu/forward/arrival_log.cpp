#include "sfu/forward/arrival_log.hpp"

#include <algorithm>
#include <array>

namespace catchup::sfu::forward {

namespace {

rtp::twcc::microseconds since_start(base::time_point t) {
  return std::chrono::duration_cast<rtp::twcc::microseconds>(t.time_since_epoch());
}

bool before(const rtp::twcc::arrival& a, std::int64_t sequence) { return a.sequence < sequence; }

} // namespace

void arrival_log::received(base::time_point now, std::uint16_t sequence) {
  auto s = unwrap_.unwrap(sequence);
  if (!begun_) {
    begun_ = true;
    next_ = s;
  }
  // Packets older than the memory cannot be told apart from lost ones.
  if (!arrivals_.empty() && s < arrivals_.front().sequence && arrivals_.front().sequence < next_)
    return;
  auto it = std::lower_bound(arrivals_.begin(), arrivals_.end(), s, before);
  if (it != arrivals_.end() && it->sequence == s)
    return;
  if (arrivals_.size() == max_arrivals)
    return;
  arrivals_.insert(it, {s, since_start(now)});
  next_ = std::min(next_, s);
  if (due_ == base::time_point::max())
    due_ = now + interval;
}

bool arrival_log::write(base::time_point now, rtp::rtcp::compound_writer& out, std::uint32_t sender,
                        std::uint32_t media) {
  auto from = std::lower_bound(arrivals_.begin(), arrivals_.end(), next_, before);
  std::span<const rtp::twcc::arrival> waiting{from, arrivals_.end()};
  due_ = base::time_point::max();
  if (waiting.empty())
    return false;
  std::array<std::byte, 1200> space;
  std::size_t taken = 0;
  auto control = rtp::twcc::write(space, next_, waiting, feedback_number_, taken);
  if (!control || taken == 0)
    return false;
  ++feedback_number_;
  out.feedback(rtp::rtcp::type::transport_feedback, rtp::rtcp::format::transport_sequence, sender,
               media, *control);
  next_ = waiting[taken - 1].sequence + 1;
  if (taken < waiting.size())
    due_ = now;
  auto oldest = since_start(now - memory);
  auto keep = std::find_if(arrivals_.begin(), arrivals_.end(),
                           [&](auto& a) { return a.sequence >= next_ || a.at >= oldest; });
  arrivals_.erase(arrivals_.begin(), keep);
  return true;
}

} // namespace catchup::sfu::forward
