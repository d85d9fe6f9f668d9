#include "http/admin/server.hpp"

#include "base/log.hpp"
#include "http/admin/session.hpp"

#include <stdexcept>
#include <thread>

namespace catchup::http::admin {

namespace {

tcp::endpoint endpoint_of(const base::endpoint& e) {
  return {net::ip::make_address(e.ip.to_string()), e.port};
}

} // namespace

class server::impl {
public:
  impl(server_config config, asset_store page, caf::actor_system& system,
       actors::root_actor registry)
    : hub_(std::make_shared<hub>(std::move(config), std::move(page), system, std::move(registry))),
      acceptor_(hub_->io, endpoint_of(hub_->config.address)),
      port_(acceptor_.local_endpoint().port()) {
    base::set_log_listener([to = std::weak_ptr<hub>{hub_}](std::string_view line) {
      if (auto h = to.lock())
        h->heard(std::string{line});
    });
    accept();
    thread_ = std::thread{[this] { hub_->io.run(); }};
    base::log(base::log_level::info, "admin_listening", {{"port", std::to_string(port_)}});
  }

  ~impl() { stop(); }

  std::uint16_t port() const noexcept { return port_; }

  void stop() {
    if (!thread_.joinable())
      return;
    base::set_log_listener({});
    net::post(hub_->io, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
      hub_->quit();
      for (auto* c : std::set<connection*>{hub_->connections})
        c->shut();
    });
    thread_.join();
    hub_->stopped();
    hub_->io.restart();
    hub_->io.poll();
    hub_->registry = nullptr;
  }

private:
  void accept() {
    acceptor_.async_accept(hub_->io, [this](error_code ec, tcp::socket socket) {
      if (ec == net::error::operation_aborted || !acceptor_.is_open())
        return;
      if (ec) { // most likely for want of file descriptors
        pause_.expires_after(std::chrono::milliseconds{100});
        pause_.async_wait([this](error_code) {
          if (acceptor_.is_open())
            accept();
        });
        return;
      }
      if (hub_->connections.size() < hub_->config.connections)
        serve(hub_, std::move(socket));
      accept();
    });
  }

  const hub_ptr hub_;
  tcp::acceptor acceptor_;
  net::steady_timer pause_{hub_->io};
  const std::uint16_t port_;
  std::thread thread_;
};

server::server(server_config config, asset_store page, caf::actor_system& system,
               actors::root_actor registry) {
  auto where = config.address.to_string();
  try {
    impl_ = std::make_unique<impl>(std::move(config), std::move(page), system, std::move(registry));
  } catch (const boost::system::system_error& e) {
    throw std::runtime_error("cannot listen on " + where +
                             " for the operator: " + e.code().message());
  }
}

server::~server() = default;

std::uint16_t server::port() const noexcept { return impl_->port(); }

void server::stop() { impl_->stop(); }

} // namespace catchup::http::admin
