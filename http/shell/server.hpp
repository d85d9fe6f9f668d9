#pragma once
// The HTTP server: pages, issuance endpoints and /ws on one port.

#include "actors/api.hpp"
#include "http/asset_store.hpp"
#include "http/server_config.hpp"

#include <caf/fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace catchup::http {

/// Counters for the operator: current values or totals.
struct server_counters {
  std::uint64_t connections = 0;    ///< open, HTTP and WebSocket
  std::uint64_t sockets = 0;        ///< open WebSockets
  std::uint64_t accepted = 0;       ///< connections since the start
  std::uint64_t refused = 0;        ///< connections beyond the limit
  std::uint64_t requests = 0;       ///< since the start
  std::uint64_t sockets_opened = 0; ///< since the start
  std::uint64_t beats = 0;          ///< calls of beat() that were answered
};

class server {
public:
  /// Listens and starts its threads. Throws std::runtime_error when it cannot.
  /// `ready` is asked on any io thread; empty means always.
  server(server_config config, asset_store assets, caf::actor_system& system,
         actors::registry_actor registry, std::function<readiness()> ready = {});
  /// Stops.
  ~server();

  /// The port it listens on.
  std::uint16_t port() const noexcept;
  server_counters counters() const;
  /// Asks an io thread to count one beat: one that hangs does not.
  void beat();

  /// Closes every connection, joins the threads, lets go of the registry. To be
  /// called before the actor system ends; a second call does nothing.
  void stop();

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace catchup::http
