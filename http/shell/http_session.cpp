#include "http/shell/http_session.hpp"

#include "base/log.hpp"
#include "http/issuance.hpp"
#include "http/router.hpp"
#include "http/shell/ask.hpp"
#include "http/shell/exchange.hpp"
#include "http/shell/rtc_session.hpp"
#include "http/shell/ws_session.hpp"
#include "http/site_headers.hpp"
#include "http/source_address.hpp"
#include "http/upgrade_policy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <ctime>

namespace catchup::http {

namespace {

constexpr std::size_t max_head = 64 * 1024;
constexpr std::size_t max_body = 64 * 1024;
/// Bytes that are read and dropped after a last answer, so that the answer arrives.
constexpr std::size_t max_linger = 1024 * 1024;

/// All lines of a list header as one.
std::string joined_header(const request_type& r, const char* name) {
  std::string out;
  auto [first, last] = r.equal_range(name);
  for (auto i = first; i != last; ++i)
    (out += out.empty() ? "" : ",") += view(i->value());
  return out;
}

actors::endpoint_kind endpoint_of(route r) noexcept {
  switch (r) {
  case route::turn_credentials:
    return actors::endpoint_kind::turn_credentials;
  case route::livekit_token:
    return actors::endpoint_kind::livekit_token;
  default:
    return actors::endpoint_kind::create_room;
  }
}

/// RFC 9110 §5.6.7.
std::string http_date() {
  auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char out[40];
  auto n = std::strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {out, n};
}

/// A decision on its way.
struct pending_decision {
  explicit pending_decision(const net::any_io_executor& ex) : ready(ex) {}
  net::steady_timer ready; ///< cancelled when the decision is there
  std::optional<actors::msg::limit_decision> decision;
};

class http_session final : public connection, public std::enable_shared_from_this<http_session> {
public:
  http_session(hub_ptr shared, tcp::socket socket, const base::ip_address& peer,
               connection_quota::slot place)
    : hub_(std::move(shared)), place_(std::move(place)), socket_(std::move(socket)),
      timer_(socket_.get_executor()), peer_(peer) {
    ++hub_->counters.connections;
  }

  ~http_session() override {
    hub_->remove(this);
    --hub_->counters.connections;
  }

  net::any_io_executor executor() override { return executor_; }

  void shut() override {
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    if (pending_)
      pending_->ready.cancel();
  }

  net::awaitable<void> run() {
    auto self = shared_from_this();
    for (bool again = false;; again = true) {
      if (buffer_.size() == 0 && !co_await wait_for_data(again))
        co_return;
      auto next = co_await serve();
      if (next == outcome::upgraded)
        co_return;
      if (next == outcome::closing)
        break;
      if (buffer_.size() == 0)
        buffer_.shrink_to_fit();
    }
    co_await linger();
  }

private:
  enum class outcome { kept, closing, upgraded };

  // -- reading ----------------------------------------------------------------

  net::awaitable<bool> wait_for_data(bool again) {
    auto& limits = hub_->config.limits;
    arm(again ? limits.keep_alive_time : limits.request_time);
    error_code ec;
    auto n = co_await socket_.async_read_some(buffer_.prepare(2048), token(ec));
    disarm();
    buffer_.commit(n);
    co_return !ec;
  }

  net::awaitable<outcome> serve() {
    request_parser parser;
    parser.header_limit(max_head);
    parser.body_limit(max_body);
    arm(hub_->config.limits.request_time);
    error_code ec;
    co_await bhttp::async_read_header(socket_, buffer_, parser, token(ec));
    if (ec)
      co_return co_await refuse(parser.get(), ec);
    ++hub_->counters.requests;
    if (parser.get().version() == 11 && parser.get().count(bhttp::field::host) != 1) {
      co_await write(parser.get(), error_reply(api_error::bad_request), false);
      co_return outcome::closing; // RFC 9112 §3.2
    }
    auto where = route_of(path_of(view(parser.get().target())));
    auto policy = upgrade_policy_of(where, hub_->config.limits);
    if (policy && parser.get().method() == bhttp::verb::get) {
      if (where == route::rtc)
        co_return co_await upgrade_rtc(parser.release(), std::move(*policy));
      co_return co_await upgrade(parser.release(), std::move(*policy), nullptr);
    }
    if (!parser.is_done() && beast::iequals(parser.get()[bhttp::field::expect], "100-continue")) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await net::async_write(socket_, net::buffer(go_on), token(ec));
    }
    co_await bhttp::async_read(socket_, buffer_, parser, token(ec));
    if (ec)
      co_return co_await refuse(parser.get(), ec);
    disarm();
    auto request = parser.release();
    auto answer = co_await answer_to(request);
    auto keep = request.keep_alive();
    co_return co_await write(request, std::move(answer), keep) ? outcome::kept : outcome::closing;
  }

  /// Answers what could not be read, if there is anybody to answer to.
  net::awaitable<outcome> refuse(const request_type& request, error_code ec) {
    std::optional<api_error> error;
    if (std::exchange(timed_out_, false))
      error = api_error::timeout;
    else if (ec == bhttp::error::body_limit)
      error = api_error::body_too_large;
    else if (ec == bhttp::error::header_limit || ec == bhttp::error::buffer_overflow)
      error = api_error::head_too_large;
    else if (ec.category() == make_error_code(bhttp::error::bad_method).category() &&
             ec != bhttp::error::end_of_stream && ec != bhttp::error::partial_message)
      error = api_error::bad_request;
    if (error == api_error::body_too_large || error == api_error::head_too_large)
      ++hub_->counters.too_large;
    if (error)
      co_await write(request, error_reply(*error), false);
    co_return outcome::closing;
  }

  // -- answering --------------------------------------------------------------

  net::awaitable<reply> answer_to(const request_type& request) {
    auto path = path_of(view(request.target()));
    auto where = route_of(path);
    if (!is_allowed(where, method_of(request)))
      co_return method_reply(allowed_methods(where));
    asset_request wanted{header(request, bhttp::field::accept_encoding),
                         header(request, bhttp::field::if_none_match)};
    switch (where) {
    case route::health:
      co_return json_reply(200, R"({"status":"ok"})");
    case route::ready:
      co_return ready_reply(hub_->ready(), hub_->config.self_checks());
    case route::page:
      co_return hub_->assets.page(wanted);
    case route::rtc_validate: {
      auto entry = rtc_entry_of(request);
      co_return entry ? rtc_reply(200, "success")
                      : rtc_reply(entry.error().status, entry.error().text);
    }
    case route::asset:
      co_return asset_or_page(path, wanted, header(request, bhttp::field::accept));
    default:
      co_return co_await issue_to(where, request);
    }
  }

  /// A person who followed a wrong link gets a page, a program JSON.
  reply asset_or_page(std::string_view path, const asset_request& wanted,
                      std::string_view accept) const {
    auto out = hub_->assets.asset(path, wanted);
    if (out.error == api_error::not_found && accepts_html(accept))
      return hub_->assets.missing_page(wanted);
    return out;
  }

  net::awaitable<reply> issue_to(route where, const request_type& request) {
    // Calls that are under way go on, with all that they need.
    if (where == route::create_room && hub_->ready() == readiness::draining)
      co_return error_reply(api_error::draining);
    request_view parts{
        header(request, bhttp::field::origin), header(request, bhttp::field::content_type),
        header(request, bhttp::field::authorization), request.body(), source_address_of(request)};
    auto issued = issue(where, parts, hub_->config, base::unix_now());
    if (!issued.guarded)
      co_return std::move(issued.answer);
    auto decision = co_await spend(endpoint_of(where), source_key_of(request));
    if (!decision)
      co_return error_reply(api_error::unavailable);
    if (!decision->allowed)
      co_return too_many_reply(decision->retry_after_seconds);
    co_return std::move(issued.answer);
  }

  /// Asks the limiter; nothing when it does not answer in time.
  net::awaitable<std::optional<actors::msg::limit_decision>> spend(actors::endpoint_kind endpoint,
                                                                   std::string source) {
    auto pending = std::make_shared<pending_decision>(executor_);
    pending->ready.expires_after(hub_->config.limits.answer_time);
    pending_ = pending;
    ask(hub_->system, hub_->registry, actors::msg::spend{endpoint, std::move(source)},
        [shared = hub_, pending,
         ex = executor_](base::result<actors::msg::limit_decision, actors::errc> answer) {
          shared->post(ex, [pending, answer] {
            if (answer)
              pending->decision = *answer;
            pending->ready.cancel();
          });
        });
    error_code ec;
    co_await pending->ready.async_wait(token(ec));
    pending_.reset();
    co_return pending->decision;
  }

  // -- WebSocket ----------------------------------------------------------------

  /// Of a LiveKit client: its token is looked at first, and refusals are for its developer.
  net::awaitable<outcome> upgrade_rtc(request_type request, upgrade_policy policy) {
    auto entry = rtc_entry_of(request);
    bool is_upgrade = beast::websocket::is_upgrade(request);
    if (is_upgrade && entry) {
      auto rtc = std::make_unique<rtc_entry>(std::move(*entry));
      co_return co_await upgrade(std::move(request), std::move(policy), std::move(rtc));
    }
    disarm();
    auto refusal = is_upgrade ? entry.error() : rtc_refusal{404, "not a WebSocket"};
    co_await write(request, rtc_reply(refusal.status, refusal.text), false);
    co_return outcome::closing;
  }

  /// `rtc` is of a LiveKit client, empty for others.
  net::awaitable<outcome> upgrade(request_type request, upgrade_policy policy,
                                  std::unique_ptr<rtc_entry> rtc) {
    disarm();
    upgrade_offer offer;
    auto subprotocols = joined_header(request, "Sec-WebSocket-Protocol");
    offer.is_upgrade = beast::websocket::is_upgrade(request) && buffer_.size() == 0;
    offer.origin = header(request, bhttp::field::origin);
    offer.subprotocols = subprotocols;
    auto subprotocol = accept_upgrade(policy, offer, hub_->config.domain);
    if (!subprotocol) {
      co_await write(request, error_reply(subprotocol.error()), false);
      co_return outcome::closing;
    }
    accepted_upgrade accepted;
    accepted.policy = std::move(policy);
    accepted.subprotocol = *subprotocol;
    accepted.origin = offer.origin;
    accepted.source = source_key_of(request);
    watch_proxy(request, accepted.source);
    accepted.request = std::move(request);
    if (rtc)
      serve_rtc(hub_, std::move(socket_), std::move(accepted), std::move(*rtc));
    else
      serve_websocket(hub_, std::move(socket_), std::move(accepted));
    co_return outcome::upgraded;
  }

  /// 404 when this server has no SFU, as a server without that path would answer.
  base::result<rtc_entry, rtc_refusal> rtc_entry_of(const request_type& request) const {
    if (!hub_->config.sfu)
      return base::failure{rtc_refusal{404, "no media server"}};
    return read_rtc_entry(view(request.target()), header(request, bhttp::field::authorization),
                          {hub_->config.livekit_key, hub_->config.livekit_secret},
                          base::unix_now());
  }

  // -- the client ---------------------------------------------------------------

  base::ip_address source_address_of(const request_type& request) const {
    return source_of(peer_, joined_header(request, "X-Forwarded-For"));
  }

  std::string source_key_of(const request_type& request) const {
    return source_key(source_address_of(request));
  }

  void watch_proxy(const request_type& request, const std::string& source) const {
    auto from = source_address_of(request);
    auto sockets = hub_->sockets.of(source) + 1;
    if (hub_->proxy_watch.suspicious(is_trusted_proxy(from), sockets, base::clock::now()))
      base::log(base::log_level::warn, "shared_source",
                {{"sockets", std::to_string(sockets)},
                 {"fix", "let the proxy set X-Forwarded-For (docs/operations.md)"}});
  }

  bool is_https(const request_type& request) const {
    return is_trusted_proxy(peer_) && beast::iequals(request["X-Forwarded-Proto"], "https");
  }

  // -- writing ------------------------------------------------------------------

  net::awaitable<bool> write(const request_type& request, reply answer, bool keep) {
    if (answer.error)
      ++hub_->counters.refusals[static_cast<std::size_t>(*answer.error)];
    auto response = response_to(answer, keep);
    response.set(bhttp::field::date, http_date());
    site where{hub_->config.domain, header(request, bhttp::field::host), is_https(request)};
    for (auto& [name, value] : site_headers(where))
      response.set(beast_view(name), value);
    arm(hub_->config.limits.keep_alive_time);
    error_code ec;
    co_await send(socket_, request, response, ec);
    disarm();
    co_return keep && !ec;
  }

  /// Ends our side and reads the client's until it ends too: closing at once
  /// would reset the connection and could lose the last answer.
  net::awaitable<void> linger() {
    error_code ec;
    socket_.shutdown(tcp::socket::shutdown_send, ec);
    arm(hub_->config.limits.linger_time);
    buffer_.consume(buffer_.size());
    for (std::size_t n = 0; !ec && n < max_linger;) {
      n += co_await socket_.async_read_some(buffer_.prepare(4096), token(ec));
    }
    disarm();
    socket_.close(ec);
  }

  // -- time ---------------------------------------------------------------------

  /// After `d`, cancels the operations on the socket and sets `timed_out_`.
  void arm(std::chrono::milliseconds d) {
    timed_out_ = false;
    timer_.expires_after(d);
    timer_.async_wait([weak = weak_from_this(), turn = ++turn_](error_code ec) {
      auto self = weak.lock();
      if (ec || !self || self->turn_ != turn)
        return;
      self->timed_out_ = true;
      self->socket_.cancel(ec);
    });
  }

  void disarm() {
    ++turn_;
    timer_.cancel();
  }

  const hub_ptr hub_;
  const connection_quota::slot place_; // empty: of a proxy
  tcp::socket socket_;
  const net::any_io_executor executor_{socket_.get_executor()};
  net::steady_timer timer_;
  const base::ip_address peer_;
  beast::flat_buffer buffer_{2 * max_head};
  std::shared_ptr<pending_decision> pending_;
  std::uint64_t turn_ = 0; // of the timer
  bool timed_out_ = false;
};

base::ip_address to_address(const net::ip::address& a) {
  if (a.is_v4())
    return base::ip_address::v4(a.to_v4().to_bytes());
  return base::ip_address::v6(a.to_v6().to_bytes());
}

} // namespace

void serve_http(const hub_ptr& shared, tcp::socket socket) {
  error_code ec;
  auto peer = socket.remote_endpoint(ec);
  if (ec)
    return;
  auto address = to_address(peer.address());
  connection_quota::slot place;
  if (shared->config.limits.proxies_too || !is_trusted_proxy(address)) {
    place = shared->direct.enter(source_key(address));
    if (!place) {
      ++shared->counters.refused_source;
      return;
    }
  }
  auto executor = socket.get_executor();
  auto session =
      std::make_shared<http_session>(shared, std::move(socket), address, std::move(place));
  shared->add(session);
  net::co_spawn(
      executor, [session] { return session->run(); }, net::detached);
}

} // namespace catchup::http
