#include "http/ws_session.hpp"

#include "base/crypto.hpp"
#include "http/ask.hpp"
#include "http/ws_protocol.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <caf/send.hpp>

namespace catchup::http {

namespace {

namespace beast = boost::beast;
namespace websocket = beast::websocket;

/// Small messages do not reallocate; larger buffers are given back.
constexpr std::size_t kept_capacity = 2048;
/// Answers outside the numbering may go a little beyond the queue's limit.
constexpr std::size_t spare_messages = 16;

actors::signal::shared_bytes share(base::const_bytes in) {
  return std::make_shared<const base::buffer>(in.begin(), in.end());
}

wire::error_code code_of(actors::errc e) noexcept {
  switch (e) {
  case actors::errc::room_full:
    return wire::error_code::room_full;
  case actors::errc::room_locked:
    return wire::error_code::room_locked;
  case actors::errc::member_taken:
    return wire::error_code::member_taken;
  case actors::errc::resume_unknown:
    return wire::error_code::resume_unknown;
  case actors::errc::key_package:
    return wire::error_code::admission;
  case actors::errc::too_many:
    return wire::error_code::too_many;
  case actors::errc::draining:
    return wire::error_code::draining;
  default:
    return wire::error_code::unavailable;
  }
}

/// Everything but push and close runs on the socket's strand.
class ws_session final : public actors::client_sink,
                         public connection,
                         public std::enable_shared_from_this<ws_session> {
public:
  ws_session(hub_ptr shared, tcp::socket socket, std::string origin, std::string source,
             census::ticket ticket)
    : hub_(std::move(shared)), ticket_(std::move(ticket)), ws_(std::move(socket)),
      timer_(ws_.get_executor()),
      protocol_(hub_->config, std::move(origin), std::move(source), base::clock::now(),
                [] { return base::random_array<32>(); }) {
    ++hub_->counters.connections;
    ws_.auto_fragment(false);
    ws_.read_message_max(wire::max_early_message);
    ws_.binary(true);
    ws_.set_option(websocket::stream_base::decorator(
        [](websocket::response_type& r) { r.set("Sec-WebSocket-Protocol", subprotocol); }));
    ws_.control_callback([this](websocket::frame_type type, beast::string_view) {
      if (type == websocket::frame_type::pong)
        on_pong();
      act(protocol_.heard(base::clock::now()));
    });
  }

  ~ws_session() override {
    hub_->remove(this);
    --hub_->counters.connections;
  }

  void start(upgrade_request request) {
    hub_->add(shared_from_this());
    arm();
    auto kept = std::make_shared<upgrade_request>(std::move(request));
    ws_.async_accept(*kept, [self = shared_from_this(), kept](error_code ec) {
      if (ec)
        return self->end();
      ++self->hub_->counters.sockets_opened;
      self->opened_ = base::clock::now();
      if (!self->ticket_) {
        self->act(ws::transmit{wire::encode(wire::error{wire::error_code::too_many,
                                                        retry_seconds(wire::error_code::too_many)}),
                               true, wire::error_code::too_many});
        return;
      }
      self->read();
    });
  }

  // -- from any thread ----------------------------------------------------------

  bool push(std::uint32_t n, const actors::signal::message& m) override {
    return enqueue(wire::encode(n, m), n == 0 ? spare_messages : 0);
  }

  void close() override {
    std::lock_guard lock{mutex_};
    if (closing_)
      return;
    closing_ = true;
    wake();
  }

  net::any_io_executor executor() override { return ws_.get_executor(); }
  void shut() override { end(); }

private:
  // -- the queue towards the client ----------------------------------------------

  bool enqueue(base::buffer message, std::size_t spare) {
    auto& limits = hub_->config.limits;
    std::lock_guard lock{mutex_};
    if (closing_ || queue_.size() - written_ >= limits.queued_messages + spare ||
        queued_bytes_ + message.size() > limits.queued_bytes + spare * wire::max_string) {
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
  void wake() {
    if (!flushing_)
      flushing_ = hub_->post(ws_.get_executor(), [self = shared_from_this()] { self->flush(); });
  }

  // Writes what is queued, message by message, then closes if it has to. Nothing
  // is written between a join and its answer: who reads the welcome is counted
  // as admitted.
  void flush() {
    if (ended_)
      return;
    if (protocol_.busy()) {
      paused_ = true;
      return;
    }
    {
      std::lock_guard lock{mutex_};
      if (written_ == queue_.size()) {
        queue_ = {};
        written_ = 0;
        flushing_ = closing_;
        if (!closing_)
          return;
      } else {
        current_ = std::move(queue_[written_++]);
        if (written_ == spare_messages) {
          queue_.erase(queue_.begin(), queue_.begin() + spare_messages);
          written_ = 0;
        }
      }
    }
    if (current_.empty())
      return finish();
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

  void finish() {
    hang_up_soon();
    ws_.async_close(websocket::close_code::normal,
                    [self = shared_from_this()](error_code) { self->end(); });
  }

  // -- from the client -------------------------------------------------------------

  void read() {
    ws_.async_read(buffer_, [self = shared_from_this()](error_code ec, std::size_t) {
      if (ec == websocket::error::message_too_big)
        ++self->hub_->counters.messages_too_large;
      if (ec)
        return self->end();
      self->on_message();
    });
  }

  void on_message() {
    if (ended_ || protocol_.ended())
      return; // closing: async_close reads the rest
    auto data = buffer_.cdata();
    base::const_bytes message{static_cast<const std::byte*>(data.data()), data.size()};
    auto action = ws_.got_text()
                      ? protocol_.received_text()
                      : protocol_.received(message, base::clock::now(), base::unix_now());
    count(action);
    act(std::move(action));
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > kept_capacity)
      buffer_.shrink_to_fit();
    if (!ended_ && !protocol_.ended() && !protocol_.busy())
      read();
  }

  static said kind_of(const ws::join&) { return said::join; }
  static said kind_of(const ws::resume&) { return said::resume; }
  static said kind_of(const ws::app&) { return said::app; }
  static said kind_of(const ws::mls&) { return said::mls; }
  static said kind_of(const ws::acknowledge&) { return said::ping; }
  static said kind_of(const ws::leave&) { return said::leave; }
  template <class Other>
  static said kind_of(const Other&) {
    return said::other;
  }

  void count(const ws::action& action) {
    auto kind = std::visit([](const auto& a) { return kind_of(a); }, action);
    ++hub_->counters.messages[static_cast<std::size_t>(kind)];
  }

  void act(ws::action action) {
    std::visit([this](auto& a) { on(a); }, action);
    if (paused_ && !protocol_.busy()) {
      paused_ = false;
      flush();
    }
  }

  void on(ws::nothing&) {}
  void on(ws::transmit& a) {
    if (a.error)
      ++hub_->counters.errors[static_cast<std::size_t>(*a.error)];
    enqueue(std::move(a.message), spare_messages); // when full, the client does not listen anyway
    if (!a.last)
      return;
    detach(); // the member is away; it does not matter what the client still says
    close();
    hang_up_soon();
  }
  void on(ws::join& a) {
    joining_ = true;
    ask(hub_->system, hub_->registry,
        actors::msg::join{a.room, a.member, share(a.key_package), share(a.lobby),
                          share(a.admission_key), a.group, shared_from_this(), a.replaces},
        on_attached());
  }
  void on(ws::resume& a) {
    ask(hub_->system, hub_->registry,
        actors::msg::resume{a.room, a.member, a.ack, shared_from_this()}, on_attached());
  }
  void on(ws::app& a) { caf::anon_send(peer_, actors::msg::app{a.n, share(a.data)}); }
  void on(ws::mls& a) { caf::anon_send(peer_, actors::msg::mls{a.n, std::move(a.message)}); }
  void on(ws::acknowledge& a) { caf::anon_send(peer_, actors::msg::acknowledge{a.n, rtt_ms_}); }
  void on(ws::leave&) { caf::anon_send(peer_, actors::msg::leave{}); }
  void on(ws::ping&) {
    if (std::exchange(pinging_, true))
      return; // the one before is not even written
    if (!pinged_)
      pinged_ = base::clock::now();
    ws_.async_ping({}, [self = shared_from_this()](error_code) { self->pinging_ = false; });
  }
  void on(ws::hang_up&) { end(); }

  /// The answer to our ping; one that nobody asked for says nothing.
  void on_pong() {
    if (!pinged_)
      return;
    auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(base::clock::now() - *pinged_);
    rtt_ms_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(took.count(), 1, 60'000));
    pinged_.reset();
  }

  // -- the peer ----------------------------------------------------------------------

  on_answer<actors::msg::attached> on_attached() {
    return [self = shared_from_this()](base::result<actors::msg::attached, actors::errc> answer) {
      auto kept = std::make_shared<decltype(answer)>(std::move(answer));
      auto posted = self->hub_->post(self->ws_.get_executor(),
                                     [self, kept] { self->attached(std::move(*kept)); });
      if (!posted && *kept)
        caf::anon_send((*kept)->peer, actors::msg::detached{(*kept)->attachment});
    };
  }

  void attached(base::result<actors::msg::attached, actors::errc> answer) {
    if (answer && (ended_ || protocol_.ended())) {
      caf::anon_send(answer->peer, actors::msg::detached{answer->attachment});
      return;
    }
    if (ended_)
      return;
    if (!answer) {
      act(protocol_.answered(code_of(answer.error())));
    } else {
      if (joining_)
        hub_->counters.joins.add(base::clock::now() - opened_);
      peer_ = std::move(answer->peer);
      attachment_ = answer->attachment;
      ticket_.admit();
      ws_.read_message_max(wire::max_message);
      act(protocol_.answered(std::nullopt));
    }
    if (!protocol_.ended())
      read();
  }

  void detach() {
    if (peer_)
      caf::anon_send(peer_, actors::msg::detached{attachment_});
    peer_ = nullptr;
  }

  // -- time and the end -----------------------------------------------------------------

  void arm() { wait_until(protocol_.deadline()); }

  void wait_until(base::time_point when) {
    timer_.expires_at(when);
    timer_.async_wait([weak = weak_from_this()](error_code ec) {
      if (auto self = weak.lock(); self && !ec)
        self->on_timer();
    });
  }

  void on_timer() {
    if (ended_)
      return;
    if (hanging_up_)
      return end();
    act(protocol_.tick(base::clock::now()));
    if (!ended_ && !hanging_up_)
      arm();
  }

  /// Closes the connection when the client does not close it in time.
  void hang_up_soon() {
    if (std::exchange(hanging_up_, true))
      return;
    wait_until(base::clock::now() + hub_->config.limits.linger_time);
  }

  void end() {
    if (std::exchange(ended_, true))
      return;
    detach();
    timer_.cancel();
    ticket_.release();
    error_code ignored;
    ws_.next_layer().close(ignored);
    std::lock_guard lock{mutex_};
    closing_ = true;
    queue_ = {};
    written_ = 0;
  }

  const hub_ptr hub_;
  census::ticket ticket_;
  websocket::stream<tcp::socket, false> ws_; // without permessage-deflate
  net::steady_timer timer_;
  ws_protocol protocol_;
  beast::flat_buffer buffer_;
  actors::peer_actor peer_;
  std::uint64_t attachment_ = 0;
  base::buffer current_; // being written; empty when nothing is
  base::time_point opened_{};
  std::optional<base::time_point> pinged_; // and no answer yet
  std::uint32_t rtt_ms_ = 0;
  bool joining_ = false; // not resuming
  bool pinging_ = false;
  bool hanging_up_ = false;
  bool ended_ = false;
  bool paused_ = false; // a flush that waits for the answer to join or resume

  std::mutex mutex_; // guards what follows
  std::vector<base::buffer> queue_;
  std::size_t written_ = 0; // of queue_
  std::size_t queued_bytes_ = 0;
  bool flushing_ = false;
  bool closing_ = false;
};

} // namespace

void serve_websocket(hub_ptr shared, tcp::socket socket, upgrade_request request,
                     std::string origin, std::string source) {
  auto ticket = shared->sockets.enter(source);
  std::make_shared<ws_session>(std::move(shared), std::move(socket), std::move(origin),
                               std::move(source), std::move(ticket))
      ->start(std::move(request));
}

} // namespace catchup::http
