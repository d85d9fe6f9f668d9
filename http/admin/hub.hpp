#pragma once
// State that all connections of the operator's listener share. Everything runs on its
// one thread, but for post() and what the actors answer.

#include "http/admin/access.hpp"
#include "http/admin/feed.hpp"
#include "http/admin/routes.hpp"
#include "http/admin/server.hpp"
#include "http/admin/view.hpp"
#include "http/reply.hpp"
#include "http/shell/asio.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

namespace catchup::http::admin {

class connection {
public:
  virtual ~connection() = default;
  virtual void shut() = 0;
};

/// Somebody who reads the event stream.
class listener {
public:
  virtual ~listener() = default;
  /// There is something in its feed.
  virtual void wake() = 0;
  feed events;
};

class hub : public std::enable_shared_from_this<hub> {
public:
  hub(server_config c, asset_store p, caf::actor_system& sys, actors::root_actor r)
    : config(std::move(c)), page(std::move(p)), system(sys), registry(std::move(r)),
      tokens(config.token), poll_timer_(io), answer_timer_(io) {}

  const server_config config;
  const asset_store page;
  net::io_context io{1};
  caf::actor_system& system;
  actors::root_actor registry; ///< empty after the server stopped
  gate tokens;
  std::set<connection*> connections;

  // -- looking ------------------------------------------------------------------

  /// Calls `done` with a tree that is at most this question old, or null when
  /// the actors did not answer. Questions at the same time are asked once.
  using on_tree = std::function<void(const tree_view*)>;
  void look(on_tree done);

  reply answer(const wanted& w) const; ///< for what looks at the tree
  reply metrics() const;
  std::string status_json() const;
  bool draining() const;

  // -- acting -------------------------------------------------------------------

  /// Does it, once for each key, and writes it down. A key is of one action only.
  reply act(const wanted& w, std::string_view body, const std::string& key);

  // -- the event stream -----------------------------------------------------------

  bool join(listener* l);
  void leave(listener* l);
  /// Everything, for a listener that is behind.
  std::string everything() const;
  /// A line of the log, from any thread.
  void heard(std::string line);

  /// Runs `f` on the thread, or drops it when that has ended.
  template <class F>
  bool post(F f) {
    std::lock_guard lock{mutex_};
    if (stopped_)
      return false;
    net::post(io, std::move(f));
    return true;
  }
  /// Waits for nothing any more, and answers those that wait with no tree; on the thread.
  void quit();
  /// The thread has ended.
  void stopped() {
    std::lock_guard lock{mutex_};
    stopped_ = true;
  }

private:
  static constexpr std::size_t max_lines = 100;   ///< of the log, for newcomers
  static constexpr std::size_t max_waiting = 512; ///< lines on their way here
  static constexpr std::size_t max_keys = 64;

  void looked(const actors::msg::status* tree);
  void poll();
  void publish(std::string_view name, std::string_view data);
  reply act_now(const wanted& w, std::string_view body);
  reply operate(actors::msg::operation what, const std::string& id);

  tree_view view_;
  std::vector<on_tree> asking_;
  std::list<listener*> listeners_;
  net::steady_timer poll_timer_, answer_timer_;
  std::uint64_t question_ = 0;
  bool polling_ = false, quitting_ = false;
  std::string last_status_;
  std::deque<std::string> lines_;
  struct deed {
    std::string key, what;
    reply answer;
  };
  std::deque<deed> done_; // with a key; the oldest first
  std::atomic<std::size_t> waiting_lines_{0};

  std::mutex mutex_;
  bool stopped_ = false;
};

using hub_ptr = std::shared_ptr<hub>;

} // namespace catchup::http::admin
