#include "turn/port/media_port.hpp"

#include "base/log.hpp"

#include <csignal>

namespace catchup::turn::port {

namespace {

// Signals are for the thread that waits for them, so a new thread gets none.
class no_signals {
public:
  no_signals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~no_signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  no_signals(const no_signals&) = delete;
  no_signals& operator=(const no_signals&) = delete;

private:
  sigset_t before_{};
};

} // namespace

media_port::media_port(media_port_config config, handlers served)
  : config_(std::move(config)), handlers_(std::move(served)) {}

media_port::~media_port() { stop(); }

void media_port::start() {
  auto sockets = open_sockets(config_.bind, config_.port, config_.tcp, config_.socket_buffer);
  port_ = sockets.port;
  base::log(base::log_level::info, "media-port-open",
            {{"port", std::to_string(port_)},
             {"tcp", config_.tcp ? "1" : "0"},
             {"ipv6", sockets.ipv6 ? "1" : "0"},
             {"receive_buffer", std::to_string(sockets.receive_buffer)}});
  worker_ = std::make_unique<worker>(std::move(sockets), !config_.bind, config_.limits, handlers_,
                                     counters_);
  no_signals guard;
  thread_ = std::thread{[w = worker_.get()] { w->run(); }};
}

void media_port::stop() {
  if (!thread_.joinable())
    return;
  worker_->stop();
  thread_.join();
  worker_.reset();
}

} // namespace catchup::turn::port
