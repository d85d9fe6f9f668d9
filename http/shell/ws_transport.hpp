#pragma once
// One WebSocket after its upgrade, whatever is spoken on it: frames, a bounded queue
// towards the client, pings, limits of what the client sends, and the end.

#include "base/bytes.hpp"
#include "http/liveness.hpp"
#include "http/shell/hub.hpp"
#include "http/upgrade_policy.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::http {

/// A request that its policy accepted.
struct accepted_upgrade {
  boost::beast::http::request<boost::beast::http::string_body> request;
  upgrade_policy policy;
  std::string_view subprotocol; ///< empty when none was agreed on
  std::string origin;           ///< the Origin header; empty without one
  std::string source;           ///< key of the limits per source
};

/// The protocol on a WebSocket. Its transport owns it and calls it on its strand.
class ws_handler {
public:
  virtual ~ws_handler() = default;

  /// The handshake is over. `within_quota` is false when the server or the source
  /// has too many WebSockets: then send an error and finish().
  virtual void opened(bool within_quota, base::time_point now) = 0;
  /// A message, valid during the call only.
  virtual void received(base::const_bytes message, bool text, base::time_point now) = 0;
  /// The client sent more than its policy allows; the message is dropped.
  virtual void too_fast() = 0;

  /// When to call tick(). Call ws_transport::arm() when it moves to an earlier time.
  virtual base::time_point deadline() const = 0;
  virtual void tick(base::time_point now) = 0;

  /// The connection is over. The last call.
  virtual void ended() = 0;
};

/// A transport lives as long as an operation of its own or a pointer to it. The handler
/// ends with it, so a callback of the handler must hold shared_from_this().
class ws_transport final : public connection, public std::enable_shared_from_this<ws_transport> {
public:
  ws_transport(hub_ptr shared, tcp::socket socket, const accepted_upgrade& terms);
  ~ws_transport() override;

  /// Answers the request. To be called once, on the strand.
  void start(accepted_upgrade accepted, std::unique_ptr<ws_handler> handler);

  // -- from any thread ---------------------------------------------------------------

  /// Queues a binary message. False when the queue is full or the connection is closing;
  /// then nothing was queued.
  bool send(base::buffer message);
  /// The same for a message that may go a little beyond the limits of the queue.
  bool send_urgent(base::buffer message);
  /// Closes the connection with this code (RFC 6455 §7.4) after the queue was written.
  void close(std::uint16_t code = 1000);

  net::any_io_executor executor() override { return ws_.get_executor(); }
  void shut() override { end(); }
  const hub_ptr& shared() const noexcept { return hub_; }

  // -- on the strand -----------------------------------------------------------------

  /// Neither reads nor writes until resume(). The caller must hold a pointer to the
  /// transport meanwhile.
  void hold() noexcept { held_ = true; }
  void resume();
  /// The client is admitted: another limit per source counts for it, and the
  /// policy's limit for longer messages.
  void admit();
  /// Like close(), but reads no further message, ends a hold(), and gives the client
  /// no more than the linger time to take the rest of the queue.
  void finish(std::uint16_t code = 1000);
  /// Ends the connection at once.
  void end();
  bool ended() const noexcept { return ended_; }
  /// Calls tick() of the handler at its deadline.
  void arm();
  /// Milliseconds of the last measured round trip; 0 before the first.
  std::uint32_t rtt_ms() const noexcept { return liveness_.rtt_ms(); }

private:
  bool enqueue(base::buffer message, std::size_t spare);
  void wake();
  void flush();
  void write();
  void send_close();
  void read();
  void on_message();
  void on_control(boost::beast::websocket::frame_type type);
  void on_timer();
  void ping();
  void wait_until(base::time_point when);
  void end_after_linger();

  const hub_ptr hub_;
  const upgrade_policy policy_;
  connection_quota::slot slot_;
  boost::beast::websocket::stream<tcp::socket, false> ws_; // without permessage-deflate
  net::steady_timer timer_;
  liveness liveness_;
  message_rate rate_;
  boost::beast::flat_buffer buffer_;
  base::buffer current_; // being written
  bool held_ = false;
  bool paused_ = false; // a flush that waits for resume()
  bool reading_ = false;
  bool pinging_ = false;
  bool finishing_ = false; // reads no further message
  bool lingering_ = false; // the timer ends the connection
  bool ended_ = false;

  std::mutex mutex_; // guards what follows
  std::vector<base::buffer> queue_;
  std::size_t written_ = 0; // messages at the front of queue_
  std::size_t queued_bytes_ = 0;
  std::uint16_t close_code_ = 1000;
  bool flushing_ = false;
  bool closing_ = false;

  std::unique_ptr<ws_handler> handler_; // last: it refers to the rest
};

} // namespace catchup::http
