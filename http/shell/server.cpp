#include "http/shell/server.hpp"

#include "base/log.hpp"
#include "http/shell/http_session.hpp"
#include "http/shell/hub.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <stdexcept>
#include <string>
#include <thread>

namespace catchup::http {

namespace {

/// After a failed accept, most likely for want of file descriptors.
constexpr std::chrono::milliseconds accept_pause{100};
constexpr std::chrono::seconds stop_patience{5};

/// Where to listen: IPv6 and IPv4 unless an address was given.
tcp::acceptor listen(const net::any_io_executor& executor, const server_config& config) {
  auto open = [&](const tcp::endpoint& where) {
    tcp::acceptor out{executor};
    out.open(where.protocol());
    out.set_option(net::socket_base::reuse_address{true});
    if (where.protocol() == tcp::v6())
      out.set_option(net::ip::v6_only{false});
    out.bind(where);
    out.listen(net::socket_base::max_listen_connections);
    return out;
  };
  if (!config.bind.empty())
    return open({net::ip::make_address(config.bind), config.port});
  try {
    return open({tcp::v6(), config.port});
  } catch (const boost::system::system_error& e) {
    if (e.code() != boost::system::errc::address_family_not_supported)
      throw;
    return open({tcp::v4(), config.port}); // a machine without IPv6
  }
}

} // namespace

class server::impl {
public:
  explicit impl(hub_ptr shared)
    : hub_(std::move(shared)), strand_(net::make_strand(hub_->io)),
      acceptor_(listen(strand_, hub_->config)), pause_(strand_), force_(strand_),
      port_(acceptor_.local_endpoint().port()) {
    accept();
    for (unsigned i = 0; i < hub_->config.threads; ++i)
      threads_.emplace_back([this] { hub_->io.run(); });
    base::log(base::log_level::info, "http_listening", {{"port", std::to_string(port_)}});
  }

  ~impl() { stop(); }

  std::uint16_t port() const noexcept { return port_; }
  const hub& shared() const noexcept { return *hub_; }

  void beat() {
    hub_->post(hub_->io.get_executor(), [h = hub_] { ++h->beats; });
  }

  void stop() {
    if (threads_.empty())
      return;
    net::post(strand_, [this] {
      stopping_ = true;
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      // io.run() returns when the last connection has ended, or by force.
      force_.expires_after(stop_patience);
      force_.async_wait([this](error_code ec) {
        if (!ec)
          hub_->io.stop();
      });
      watch();
    });
    for (auto& t : threads_)
      t.join();
    threads_.clear();
    hub_->stopped();
    hub_->io.restart();
    hub_->io.poll();
    hub_->registry = nullptr;
  }

private:
  // A connection may have been accepted just before the acceptor closed.
  void watch() {
    auto left = hub_->live();
    if (left.empty()) {
      force_.cancel();
      return;
    }
    for (auto& c : left)
      net::post(c->executor(), [c] { c->shut(); });
    pause_.expires_after(std::chrono::milliseconds{10});
    pause_.async_wait([this](error_code) { watch(); });
  }

  void accept() {
    acceptor_.async_accept(net::make_strand(hub_->io), [this](error_code ec, tcp::socket socket) {
      if (stopping_ || ec == net::error::operation_aborted)
        return;
      if (ec) {
        base::log(base::log_level::warn, "accept_failed", {{"error", std::to_string(ec.value())}});
        pause_.expires_after(accept_pause);
        pause_.async_wait([this](error_code) {
          if (!stopping_)
            accept();
        });
        return;
      }
      take(std::move(socket));
      accept();
    });
  }

  void take(tcp::socket socket) {
    ++hub_->counters.accepted;
    if (hub_->counters.connections >= hub_->config.limits.connections) {
      ++hub_->counters.refused;
      return;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay{true}, ignored);
    serve_http(hub_, std::move(socket));
  }

  const hub_ptr hub_;
  const net::any_io_executor strand_; // for what follows
  tcp::acceptor acceptor_;
  net::steady_timer pause_, force_;
  const std::uint16_t port_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

server::server(server_config config, asset_store assets, caf::actor_system& system,
               actors::registry_actor registry, std::function<readiness()> ready) {
  config.threads = std::max(config.threads, 1u);
  const auto port = config.port;
  try {
    impl_ = std::make_unique<impl>(std::make_shared<hub>(
        std::move(config), std::move(assets), system, std::move(registry), std::move(ready)));
  } catch (const boost::system::system_error& e) {
    throw std::runtime_error("cannot listen on port " + std::to_string(port) +
                             " for HTTP: " + e.code().message());
  }
}

server::~server() = default;

std::uint16_t server::port() const noexcept { return impl_->port(); }

server_counters server::counters() const {
  auto& h = impl_->shared();
  auto& c = h.counters;
  return {c.connections, h.sockets.total(), c.accepted, c.refused,
          c.requests,    c.sockets_opened,  h.beats};
}

void server::beat() { impl_->beat(); }

void server::stop() { impl_->stop(); }

} // namespace catchup::http
