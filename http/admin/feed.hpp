#pragma once
// Events that one listener of the event stream has yet to receive.

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace catchup::http::admin {

using shared_event = std::shared_ptr<const std::string>;

/// An event of a text/event-stream; `data` is one line.
std::string event_text(std::string_view name, std::string_view data);

/// A bounded queue. A listener that does not keep up loses what it waits for
/// and is behind: it is to be sent everything anew.
class feed {
public:
  static constexpr std::size_t max_events = 64;
  static constexpr std::size_t max_bytes = 1024 * 1024;

  void push(shared_event e);
  /// The next one, or nothing.
  shared_event pop();
  bool empty() const noexcept { return events_.empty() && !behind_; }

  /// True at first, and after a loss; caught_up() ends it.
  bool behind() const noexcept { return behind_; }
  void caught_up() noexcept { behind_ = false; }

private:
  std::deque<shared_event> events_;
  std::size_t bytes_ = 0;
  bool behind_ = true;
};

} // namespace catchup::http::admin
