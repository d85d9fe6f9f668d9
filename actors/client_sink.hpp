#pragma once
// Interface through which an actor uses a client's connection.

#include "actors/signal.hpp"

namespace catchup::actors {

/// Implemented by the WebSocket session. Callable from any thread; never blocks.
class client_sink {
public:
  virtual ~client_sink() = default;

  /// Queues `m` as message number `n` (0: not numbered). False when the queue is
  /// full or the connection is closed; then nothing was queued.
  virtual bool push(std::uint32_t n, const signal::message& m) = 0;

  /// Closes the connection after what is queued has been written.
  virtual void close() = 0;
};

using client_sink_ptr = std::shared_ptr<client_sink>;

} // namespace catchup::actors
