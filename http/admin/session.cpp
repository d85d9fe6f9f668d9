#include "http/admin/session.hpp"

#include "base/log.hpp"
#include "http/shell/exchange.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>

namespace catchup::http::admin {

namespace {

constexpr std::size_t max_head = 16 * 1024;
constexpr std::size_t max_body = 4 * 1024;

/// The page is ours alone, and frames nothing.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> headers{{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
     "require-trusted-types-for 'script'; trusted-types svelte-trusted-html"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
}};

/// A question to the actors.
struct question {
  explicit question(net::io_context& io) : ready(io) { ready.expires_at(base::time_point::max()); }
  net::steady_timer ready; ///< cancelled when it is answered
  bool answered = false, ok = false;
};

class session final : public connection,
                      public listener,
                      public std::enable_shared_from_this<session> {
public:
  session(hub_ptr shared, tcp::socket socket)
    : hub_(std::move(shared)), socket_(std::move(socket)), timer_(hub_->io), ready_(hub_->io) {
    hub_->connections.insert(this);
    error_code ignored;
    source_ = socket_.remote_endpoint(ignored).address().to_string();
    bound_ = socket_.local_endpoint(ignored).address().to_string();
  }
  ~session() override {
    hub_->leave(this);
    hub_->connections.erase(this);
  }

  void shut() override {
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    ready_.cancel();
    if (question_)
      question_->ready.cancel();
  }
  void wake() override { ready_.cancel(); }

  net::awaitable<void> run() {
    auto self = shared_from_this();
    while (socket_.is_open()) {
      request_parser parser;
      parser.header_limit(max_head);
      parser.body_limit(max_body);
      arm();
      error_code ec;
      co_await bhttp::async_read(socket_, buffer_, parser, token(ec));
      timer_.cancel();
      if (ec == bhttp::error::body_limit)
        co_await write(parser.get(), error_reply(api_error::body_too_large), false);
      else if (ec == bhttp::error::header_limit)
        co_await write(parser.get(), error_reply(api_error::head_too_large), false);
      if (ec)
        break;
      auto request = parser.release();
      auto w = route_of(path_of(view(request.target())));
      auto refused = refusal(request, w);
      if (!refused && w.what == target::events) {
        co_await stream();
        break;
      }
      reply answer;
      if (refused)
        answer = std::move(*refused);
      else
        answer = co_await answer_to(request, w);
      auto kept = co_await write(request, std::move(answer), request.keep_alive());
      if (!kept)
        break;
    }
    shut();
  }

private:
  // -- who asks -----------------------------------------------------------------

  std::optional<reply> refusal(const request_type& request, const wanted& w) {
    auto host = header(request, bhttp::field::host);
    if (request.count(bhttp::field::host) != 1 || !is_own_host(host, bound_))
      return error_reply(api_error::origin);
    if (!is_own_origin(header(request, bhttp::field::origin), host))
      return error_reply(api_error::origin);
    if (w.what == target::nothing)
      return error_reply(api_error::not_found);
    if (!is_allowed(w.what, method_of(request)))
      return method_reply(allowed_methods(w.what));
    if (!is_guarded(w.what))
      return std::nullopt;
    switch (hub_->tokens.check(header(request, bhttp::field::authorization), source_,
                               base::clock::now())) {
    case verdict::granted:
      return std::nullopt;
    case verdict::locked:
      return too_many_reply(static_cast<std::uint32_t>(gate::window.count()));
    case verdict::wrong:
      base::log(base::log_level::warn, "operator_token_wrong");
      return error_reply(api_error::unauthorized);
    case verdict::missing:
      return error_reply(api_error::unauthorized);
    }
    return error_reply(api_error::unauthorized);
  }

  // -- answers ------------------------------------------------------------------

  net::awaitable<reply> answer_to(const request_type& request, const wanted& w) {
    asset_request wants{header(request, bhttp::field::accept_encoding),
                        header(request, bhttp::field::if_none_match)};
    if (w.what == target::root) {
      reply to_page;
      to_page.status = 308;
      co_return to_page.with("Location", "/admin/");
    }
    if (w.what == target::page)
      co_return hub_->page.page(wants);
    if (w.what == target::asset) {
      constexpr std::string_view folder = "/admin";
      co_return hub_->page.asset(path_of(view(request.target())).substr(folder.size()), wants);
    }
    auto fresh = co_await look();
    if (!fresh)
      co_return error_reply(api_error::unavailable);
    if (is_action(w.what))
      co_return hub_->act(w, request.body(), std::string{view(request["Idempotency-Key"])});
    co_return hub_->answer(w);
  }

  /// Waits until the tree is fresh; false when the actors do not answer.
  net::awaitable<bool> look() {
    auto q = std::make_shared<question>(hub_->io);
    question_ = q;
    hub_->look([q](const tree_view* tree) {
      q->answered = true;
      q->ok = tree != nullptr;
      q->ready.cancel();
    });
    error_code ec;
    if (!q->answered)
      co_await q->ready.async_wait(token(ec));
    question_.reset();
    co_return q->ok;
  }

  net::awaitable<bool> write(const request_type& request, reply answer, bool keep) {
    auto response = response_to(answer, keep);
    for (auto& [name, value] : headers)
      response.set(beast_view(name), beast_view(value));
    arm();
    error_code ec;
    co_await send(socket_, request, response, ec);
    timer_.cancel();
    co_return keep && !ec;
  }

  // -- the event stream -----------------------------------------------------------

  net::awaitable<void> stream() {
    if (!hub_->join(this)) {
      request_type none;
      co_await write(none, too_many_reply(5), false);
      co_return;
    }
    std::string text = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                       "Cache-Control: no-store\r\nConnection: close\r\n";
    for (auto& [name, value] : headers)
      (((text += name) += ": ") += value) += "\r\n";
    text += "\r\n";
    auto fresh = co_await look();
    if (!fresh)
      text += event_text("status", hub_->status_json());
    net::co_spawn(
        hub_->io, [self = shared_from_this()] { return self->notice_end(); }, net::detached);
    while (socket_.is_open()) {
      if (events.behind()) {
        text += hub_->everything();
        events.caught_up();
      }
      while (auto e = events.pop())
        text += *e;
      if (text.empty())
        text = ":\n\n"; // a sign of life
      error_code ec;
      arm();
      co_await net::async_write(socket_, net::buffer(text), token(ec));
      timer_.cancel();
      if (ec)
        break;
      text.clear();
      if (events.empty()) {
        ready_.expires_after(hub_->config.heartbeat);
        co_await ready_.async_wait(token(ec));
      }
    }
  }

  /// A listener says nothing more; when it goes, so do we.
  net::awaitable<void> notice_end() {
    error_code ec;
    while (!ec) {
      buffer_.clear();
      co_await socket_.async_read_some(buffer_.prepare(1024), token(ec));
    }
    shut();
  }

  void arm() {
    timer_.expires_after(hub_->config.request_time);
    timer_.async_wait([weak = weak_from_this()](error_code ec) {
      if (auto self = weak.lock(); self && !ec)
        self->shut();
    });
  }

  const hub_ptr hub_;
  tcp::socket socket_;
  net::steady_timer timer_, ready_;
  beast::flat_buffer buffer_{max_head + max_body};
  std::string source_, bound_;
  std::shared_ptr<question> question_;
};

} // namespace

void serve(hub_ptr shared, tcp::socket socket) {
  auto& io = shared->io;
  auto one = std::make_shared<session>(std::move(shared), std::move(socket));
  net::co_spawn(
      io, [one] { return one->run(); }, net::detached);
}

} // namespace catchup::http::admin
