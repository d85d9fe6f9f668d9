#pragma once
// The operator's listener: the tree of actors, metrics, actions, and the page
// that shows them. On a thread of its own, so that it answers when the site's
// does not.

#include "actors/api.hpp"
#include "actors/registry.hpp"
#include "actors/totals.hpp"
#include "base/endpoint.hpp"
#include "base/log.hpp"
#include "base/self_checks.hpp"
#include "http/asset_store.hpp"
#include "http/counters.hpp"

#include <caf/fwd.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace catchup::http::admin {

struct server_config {
  base::endpoint address; ///< port 0: any free one
  std::string token;      ///< not empty
  std::string version;
  std::shared_ptr<const actors::totals> control;
  std::shared_ptr<const site_counters> site;
  std::shared_ptr<const base::log_counts> log = std::make_shared<const base::log_counts>();
  /// Results of the last self-probe.
  std::function<base::self_checks()> self_checks = [] { return base::self_checks{}; };
  /// Whether the process is about to end, so that nobody can be let in again.
  std::function<bool()> ending = [] { return false; };

  std::size_t connections = 64;
  std::size_t listeners = 8; ///< of the event stream
  std::chrono::milliseconds request_time{10'000};
  std::chrono::milliseconds answer_time{5'000}; ///< of the actors, else 503
  std::chrono::milliseconds poll_interval{500}; ///< while somebody listens
  std::chrono::milliseconds heartbeat{15'000};
};

class server {
public:
  /// Listens and starts its thread. Throws std::runtime_error when it cannot.
  server(server_config config, asset_store page, caf::actor_system& system,
         actors::root_actor registry);
  /// Stops.
  ~server();

  std::uint16_t port() const noexcept;

  /// Closes every connection and joins the thread. To be called before the actor
  /// system ends; a second call does nothing.
  void stop();

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

} // namespace catchup::http::admin
