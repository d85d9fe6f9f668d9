#include "http/shell/ws_transport.hpp"

#include <algorithm>
#include <utility>

namespace catchup::http {

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

/// Small messages do not reallocate; larger buffers are given back.
constexpr std::size_t kept_capacity = 2048;
/// Room for urgent messages beyond the limits of the queue.
constexpr std::size_t spare_messages = 16;
constexpr std::size_t spare_bytes = 4096;
/// Written messages leave the queue so many at once.
constexpr std::size_t erased_at_once = 16;

} // namespace

ws_transport::ws_transport(hub_ptr shared, tcp::socket socket, const accepted_upgrade& terms)
  : hub_(std::move(shared)), policy_(terms.policy), slot_(hub_->sockets.enter(terms.source)),
    ws_(std::move(socket)), timer_(ws_.get_executor()),
    liveness_(hub_->config.limits.ping_interval, hub_->config.limits.silence_time,
              base::clock::now()),
    rate_(policy_, base::clock::now()) {
  ++hub_->counters.connections;
  ws_.auto_fragment(false);
  ws_.read_message_max(policy_.early_message);
  ws_.binary(true);
  if (!terms.subprotocol.empty())
    ws_.set_option(websocket::stream_base::decorator(
        [name = std::string{terms.subprotocol}](websocket::response_type& r) {
          r.set("Sec-WebSocket-Protocol", name);
        }));
  ws_.control_callback(
      [this](websocket::frame_type type, beast::string_view) { on_control(type); });
}

ws_transport::~ws_transport() {
  hub_->remove(this);
  --hub_->counters.connections;
}

void ws_transport::start(accepted_upgrade accepted, std::unique_ptr<ws_handler> handler) {
  handler_ = std::move(handler);
  hub_->add(shared_from_this());
  arm();
  auto kept = std::make_shared<accepted_upgrade>(std::move(accepted));
  ws_.async_accept(kept->request, [self = shared_from_this(), kept](error_code ec) {
    if (ec)
      return self->end();
    ++self->hub_->counters.sockets_opened;
    self->handler_->opened(static_cast<bool>(self->slot_), base::clock::now());
    self->read();
  });
}

// -- the queue towards the client ------------------------------------------------------

bool ws_transport::send(base::buffer message) { return enqueue(std::move(message), 0); }

bool ws_transport::send_urgent(base::buffer message) {
  return enqueue(std::move(message), spare_messages);
}

void ws_transport::close(std::uint16_t code) {
  std::lock_guard lock{mutex_};
  if (closing_)
    return;
  closing_ = true;
  close_code_ = code;
  wake();
}

bool ws_transport::enqueue(base::buffer message, std::size_t spare) {
  auto& limits = hub_->config.limits;
  std::lock_guard lock{mutex_};
  if (closing_ || queue_.size() - written_ >= limits.queued_messages + spare ||
      queued_bytes_ + message.size() > limits.queued_bytes + (spare > 0 ? spare_bytes : 0)) {
    if (!closing_)
      ++hub_->counters.queues_full;
    return false;
  }
  queued_bytes_ += message.size();
  queue_.push_back(std::move(message));
  wake();
  return true;
}

// With the lock held.
void ws_transport::wake() {
  if (!flushing_)
    flushing_ = hub_->post(ws_.get_executor(), [self = shared_from_this()] { self->flush(); });
}

// Writes the queue, message by message, then closes if it has to.
void ws_transport::flush() {
  if (ended_)
    return;
  if (held_) {
    paused_ = true;
    return;
  }
  std::unique_lock lock{mutex_};
  if (written_ < queue_.size()) {
    current_ = std::move(queue_[written_++]);
    if (written_ == erased_at_once) {
      queue_.erase(queue_.begin(), queue_.begin() + erased_at_once);
      written_ = 0;
    }
    lock.unlock();
    return write();
  }
  queue_ = {};
  written_ = 0;
  flushing_ = closing_;
  bool last = closing_;
  lock.unlock();
  if (last)
    send_close();
}

void ws_transport::write() {
  ws_.async_write(net::buffer(current_), [self = shared_from_this()](error_code ec, std::size_t) {
    if (ec)
      return self->end();
    {
      std::lock_guard lock{self->mutex_};
      self->queued_bytes_ -= self->current_.size();
    }
    self->current_ = {};
    self->flush();
  });
}

void ws_transport::send_close() {
  end_after_linger();
  websocket::close_reason reason;
  {
    std::lock_guard lock{mutex_};
    reason.code = close_code_;
  }
  ws_.async_close(reason, [self = shared_from_this()](error_code) { self->end(); });
}

void ws_transport::resume() {
  held_ = false;
  if (std::exchange(paused_, false))
    flush();
  read();
}

// -- from the client -------------------------------------------------------------------

void ws_transport::admit() {
  slot_.admit();
  ws_.read_message_max(policy_.message);
}

void ws_transport::read() {
  if (ended_ || finishing_ || held_ || reading_)
    return; // when closing, async_close reads the rest
  reading_ = true;
  ws_.async_read(buffer_, [self = shared_from_this()](error_code ec, std::size_t) {
    self->reading_ = false;
    if (ec == websocket::error::message_too_big)
      ++self->hub_->counters.messages_too_large;
    if (ec)
      return self->end();
    self->on_message();
  });
}

void ws_transport::on_message() {
  if (ended_ || finishing_)
    return;
  auto now = base::clock::now();
  auto data = buffer_.cdata();
  base::const_bytes message{static_cast<const std::byte*>(data.data()), data.size()};
  liveness_.heard(now);
  if (rate_.take(now, message.size()))
    handler_->received(message, ws_.got_text(), now);
  else
    handler_->too_fast();
  buffer_.consume(buffer_.size());
  if (buffer_.capacity() > kept_capacity)
    buffer_.shrink_to_fit();
  read();
}

void ws_transport::on_control(websocket::frame_type type) {
  auto now = base::clock::now();
  if (type == websocket::frame_type::pong)
    liveness_.pong(now);
  else
    liveness_.heard(now);
  if (!ended_ && !finishing_ && !rate_.take(now, 0))
    handler_->too_fast();
}

// -- time and the end ------------------------------------------------------------------

void ws_transport::arm() {
  if (!ended_ && !lingering_)
    wait_until(std::min(liveness_.deadline(), handler_->deadline()));
}

void ws_transport::wait_until(base::time_point when) {
  timer_.expires_at(when);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    if (auto self = weak.lock(); self && !ec)
      self->on_timer();
  });
}

void ws_transport::on_timer() {
  if (ended_)
    return;
  if (lingering_)
    return end();
  auto now = base::clock::now();
  switch (liveness_.tick(now)) {
  case liveness::step::lost:
    return end();
  case liveness::step::ping:
    ping();
    break;
  case liveness::step::wait:
    break;
  }
  if (!finishing_ && now >= handler_->deadline())
    handler_->tick(now);
  arm();
}

void ws_transport::ping() {
  if (std::exchange(pinging_, true))
    return; // the last one is not even written
  ws_.async_ping({}, [self = shared_from_this()](error_code) { self->pinging_ = false; });
}

void ws_transport::finish(std::uint16_t code) {
  finishing_ = true;
  close(code);
  resume();
  end_after_linger();
}

void ws_transport::end_after_linger() {
  if (std::exchange(lingering_, true))
    return;
  wait_until(base::clock::now() + hub_->config.limits.linger_time);
}

void ws_transport::end() {
  if (std::exchange(ended_, true))
    return;
  handler_->ended();
  timer_.cancel();
  slot_.release();
  error_code ignored;
  ws_.next_layer().close(ignored);
  std::lock_guard lock{mutex_};
  closing_ = true;
  queue_ = {};
  written_ = 0;
}

} // namespace catchup::http
