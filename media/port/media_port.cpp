#include "media/port/media_port.hpp"

#include "base/log.hpp"

#include <csignal>

namespace catchup::media::port {

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

media_port::media_port(media_port_config config, std::vector<handlers> served)
  : config_(std::move(config)), handlers_(std::move(served)), lanes_(handlers_.size()) {}

media_port::~media_port() { stop(); }

void media_port::start() {
  // All sockets before any traffic: the kernel spreads clients by their number.
  std::vector<socket_pair> sockets;
  port_ = config_.port;
  for (std::size_t i = 0; i < handlers_.size(); ++i) {
    sockets.push_back(open_sockets(config_.bind, port_, config_.tcp, config_.socket_buffer,
                                   handlers_.size() > 1));
    port_ = sockets.back().port;
  }
  base::log(base::log_level::info, "media_port_open",
            {{"port", std::to_string(port_)},
             {"threads", std::to_string(sockets.size())},
             {"tcp", config_.tcp ? "1" : "0"},
             {"ipv6", sockets.front().ipv6 ? "1" : "0"},
             {"receive_buffer", std::to_string(sockets.front().receive_buffer)}});
  for (std::size_t i = 0; i < handlers_.size(); ++i)
    workers_.push_back(std::make_unique<worker>(std::move(sockets[i]), !config_.bind,
                                                config_.limits, handlers_[i], *config_.counters,
                                                lanes_, i));
  no_signals guard;
  for (auto& w : workers_)
    threads_.emplace_back([own = w.get()] { own->run(); });
}

void media_port::stop() {
  for (auto& w : workers_)
    w->stop();
  for (auto& t : threads_)
    t.join();
  threads_.clear();
  workers_.clear();
}

} // namespace catchup::media::port
