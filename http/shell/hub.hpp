#pragma once
// State that all connections of a server share.

#include "actors/api.hpp"
#include "http/asset_store.hpp"
#include "http/connection_quota.hpp"
#include "http/server_config.hpp"
#include "http/shared_source.hpp"
#include "http/shell/asio.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace catchup::http {

/// A connection that the server can end.
class connection {
public:
  virtual ~connection() = default;
  /// Ends it soon; on its own strand.
  virtual void shut() = 0;
  virtual net::any_io_executor executor() = 0;
};

/// Lives as long as its longest connection: actors may hold one beyond stop().
class hub : public std::enable_shared_from_this<hub> {
public:
  hub(server_config c, asset_store a, caf::actor_system& sys, actors::registry_actor r,
      std::function<readiness()> is_ready)
    : config(std::move(c)), assets(std::move(a)), system(sys), registry(std::move(r)),
      io(static_cast<int>(config.threads)),
      sockets({config.limits.sockets, config.limits.sockets_per_source,
               config.limits.unadmitted_per_source}),
      direct({config.limits.connections, config.limits.connections_per_source,
              config.limits.connections_per_source}),
      counters(*config.counters), ready_(std::move(is_ready)) {}

  const server_config config;
  const asset_store assets;
  caf::actor_system& system;
  actors::registry_actor registry; ///< empty after the server stopped

  net::io_context io;
  connection_quota sockets;
  shared_source proxy_watch;
  connection_quota direct; ///< HTTP connections that come from no proxy of ours
  site_counters& counters;
  std::atomic<std::uint64_t> beats{0};

  readiness ready() const { return ready_ ? ready_() : readiness::ready; }

  /// Runs `f` on `executor`, or drops it when nothing runs there any more.
  template <class F>
  bool post(const net::any_io_executor& executor, F f) {
    std::lock_guard lock{mutex_};
    if (stopped_)
      return false;
    net::post(executor, std::move(f));
    return true;
  }

  void add(const std::shared_ptr<connection>& c) {
    std::lock_guard lock{mutex_};
    live_.emplace(c.get(), c);
  }
  void remove(connection* c) {
    std::lock_guard lock{mutex_};
    live_.erase(c);
  }
  std::vector<std::shared_ptr<connection>> live() {
    std::lock_guard lock{mutex_};
    std::vector<std::shared_ptr<connection>> out;
    for (auto& [_, weak] : live_)
      if (auto c = weak.lock())
        out.push_back(std::move(c));
    return out;
  }

  /// The io threads have ended.
  void stopped() {
    std::lock_guard lock{mutex_};
    stopped_ = true;
  }

private:
  const std::function<readiness()> ready_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::unordered_map<connection*, std::weak_ptr<connection>> live_;
};

using hub_ptr = std::shared_ptr<hub>;

} // namespace catchup::http
