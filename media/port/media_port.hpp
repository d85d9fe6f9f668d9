#pragma once
// The one port that media uses, UDP and TCP, and the threads that serve it.

#include "media/port/worker.hpp"

#include <thread>

namespace catchup::media::port {

struct media_port_config {
  /// The address to listen on; nothing: all of them, IPv6 and IPv4.
  std::optional<base::ip_address> bind;
  std::uint16_t port = 3478; // 0: any that is free
  bool tcp = true;
  tcp_limits limits;
  int socket_buffer = 4 * 1024 * 1024; // bytes wished for, of each thread
  /// Outlives the port where others go on reading it.
  std::shared_ptr<port_counters> counters = std::make_shared<port_counters>();
};

class media_port {
public:
  /// One thread for each entry, with handlers of its own; they are asked in
  /// their order whether a packet is theirs.
  media_port(media_port_config config, std::vector<handlers> served);
  ~media_port();
  media_port(const media_port&) = delete;
  media_port& operator=(const media_port&) = delete;

  /// Binds and begins to serve. Throws std::system_error when it cannot. Once only.
  void start();

  /// Ends the thread, closes the sockets and drops what was queued. May be said twice.
  void stop();

  /// The port in use, from `start` on.
  std::uint16_t port() const noexcept { return port_; }

  const port_counters& counters() const noexcept { return *config_.counters; }
  /// For readers that may outlive the port.
  std::shared_ptr<const port_counters> shared_counters() const noexcept { return config_.counters; }

private:
  media_port_config config_;
  std::vector<handlers> handlers_;
  std::uint16_t port_ = 0;
  inter_thread_lanes lanes_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::vector<std::thread> threads_;
};

} // namespace catchup::media::port
