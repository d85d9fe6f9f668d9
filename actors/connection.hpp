#pragma once
// The connection of a peer, if it has one.

#include "actors/client_sink.hpp"

namespace catchup::actors {

/// Owns at most one sink and closes each that it gives up. Every sink gets a number.
class connection {
public:
  connection() = default;
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { drop(); } // however the peer ends, the client notices

  explicit operator bool() const noexcept { return sink_ != nullptr; }
  std::uint64_t number() const noexcept { return number_; }

  /// Takes a new sink; the previous one, if any, gets `bye replaced`.
  void replace(client_sink_ptr sink) {
    finish(signal::bye{signal::bye_reason::replaced});
    sink_ = std::move(sink);
    ++number_;
  }

  /// False when there is no sink or it cannot take more.
  bool push(std::uint32_t n, const signal::message& m) { return sink_ && sink_->push(n, m); }

  /// Sends a last message, closes the sink and gives it up.
  void finish(const signal::message& last) {
    push(0, last);
    drop();
  }

  void drop() {
    if (auto sink = std::move(sink_))
      sink->close();
  }

private:
  client_sink_ptr sink_;
  std::uint64_t number_ = 0;
};

} // namespace catchup::actors
