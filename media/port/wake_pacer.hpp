#pragma once
// How long to let packets gather after everything was read. At tens of
// thousands a second a wake-up for each costs more than the relaying itself; over
// TCP every system call does, and frames of one connection share them.

#include "base/time.hpp"

#include <algorithm>
#include <cstddef>

namespace catchup::media::port {

class wake_pacer {
public:
  /// Below, a wait would only add latency; above, packets gather by themselves.
  static constexpr double least_rate = 2'000; // datagrams and frames a second
  static constexpr double most_rate = 400'000;
  /// The wait falls from `longest` to `shortest` up to this rate.
  static constexpr double steep_rate = 120'000;
  static constexpr std::chrono::microseconds longest{250};
  static constexpr std::chrono::microseconds shortest{100};
  /// So many frames a second, and nearly nothing but frames: a gigabit of media over
  /// TCP. Then the wait is long enough for several frames of a connection.
  static constexpr double many_frames = 100'000;
  static constexpr std::chrono::microseconds for_frames{1000};

  /// `packets` have been read up to `now`, `frames` of them over TCP, and there is
  /// nothing left: how long to wait before looking again.
  base::duration after(base::time_point now, std::size_t packets, std::size_t frames) noexcept {
    packets_ += packets;
    frames_ += frames;
    if (auto elapsed = now - since_; elapsed >= window) {
      auto seconds = std::chrono::duration<double>(elapsed).count();
      rate_ = static_cast<double>(packets_) / seconds;
      frame_rate_ = static_cast<double>(frames_) / seconds;
      since_ = now;
      packets_ = 0;
      frames_ = 0;
    }
    if (rate_ < least_rate || rate_ > most_rate)
      return {};
    if (frame_rate_ > many_frames && frame_rate_ > 0.9 * rate_)
      return for_frames;
    auto part = std::min(1.0, (rate_ - least_rate) / (steep_rate - least_rate));
    auto span = static_cast<double>((longest - shortest).count());
    return longest - std::chrono::microseconds{static_cast<int>(part * span)};
  }

private:
  static constexpr std::chrono::milliseconds window{10};

  base::time_point since_{};
  std::size_t packets_ = 0; // since then
  std::size_t frames_ = 0;
  double rate_ = 0;
  double frame_rate_ = 0;
};

} // namespace catchup::media::port
