#pragma once
// From one media thread to another: frames for a TCP client whose connection
// the other one has. Over UDP any thread can send to anybody.

#include "media/port/command_queue.hpp"
#include "media/transmit.hpp"

#include <memory>

namespace catchup::media::port {

/// A frame that owns its bytes.
struct forwarded_frame {
  five_tuple to;
  base::buffer bytes;
  bool media = false;
};

class inter_thread_lanes {
public:
  /// Parcels that wait for one thread; what comes on top is dropped.
  static constexpr std::size_t limit = 1024;

  explicit inter_thread_lanes(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i)
      inboxes_.push_back(std::make_unique<command_queue<forwarded_frame>>(limit));
  }

  std::size_t size() const noexcept { return inboxes_.size(); }
  command_queue<forwarded_frame>& inbox(std::size_t thread) noexcept { return *inboxes_[thread]; }

  /// Connection numbers tell whose they are.
  static constexpr std::uint64_t first_of(std::size_t thread) noexcept {
    return std::uint64_t{thread} << 48;
  }
  static constexpr std::size_t owner_of(std::uint64_t connection) noexcept {
    return static_cast<std::size_t>(connection >> 48);
  }

private:
  std::vector<std::unique_ptr<command_queue<forwarded_frame>>> inboxes_;
};

} // namespace catchup::media::port
