#pragma once
// How long to let packets gather after everything was read. At tens of
// thousands a second a wake-up for each costs more than the relaying itself.

#include "base/time.hpp"

#include <cstddef>

namespace catchup::turn::port {

class wake_pacer {
public:
  /// Below, a wait would only add latency; above, packets gather by themselves.
  static constexpr double least_rate = 2'000; // datagrams and frames a second
  static constexpr double most_rate = 120'000;
  static constexpr std::chrono::microseconds longest{250};
  static constexpr std::chrono::microseconds shortest{100};

  /// So many have been read up to `now`, and there is nothing left: how long to
  /// wait before looking again.
  base::duration after(base::time_point now, std::size_t packets) noexcept {
    count_ += packets;
    auto elapsed = now - since_;
    if (elapsed >= window) {
      rate_ = static_cast<double>(count_) / std::chrono::duration<double>(elapsed).count();
      since_ = now;
      count_ = 0;
    }
    if (rate_ < least_rate || rate_ > most_rate)
      return {};
    auto part = (rate_ - least_rate) / (most_rate - least_rate);
    auto span = static_cast<double>((longest - shortest).count());
    return longest - std::chrono::microseconds{static_cast<int>(part * span)};
  }

private:
  static constexpr std::chrono::milliseconds window{10};

  base::time_point since_{};
  std::size_t count_ = 0;
  double rate_ = 0;
};

} // namespace catchup::turn::port
