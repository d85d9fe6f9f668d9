#pragma once
// A relay without actors, for tests of the threads below it.

#include "support/turn_client.hpp"
#include "turn/allocation.hpp"
#include "turn/shell/command_sink.hpp"

#include <atomic>
#include <map>
#include <mutex>

namespace catchup::test {

inline const auto loopback = at("127.0.0.1", 0).ip;

/// In place of the actors: answers on the media threads themselves.
class little_relay final : public turn::shell::events {
public:
  explicit little_relay(std::weak_ptr<turn::shell::command_sink> media,
                        turn::address_plan plan = {{loopback}})
    : media_(std::move(media)), plan_(std::move(plan)) {}

  void on_request(const turn::request& r) override {
    std::lock_guard lock{mutex_};
    auto media = media_.lock();
    auto i = all_.find(r.from);
    if (i == all_.end()) {
      if (r.method != turn::stun::method::allocate) {
        media->post(turn::reply{r.from, r.transaction, {.error = 437}});
        return;
      }
      turn::allocation fresh{++last_, plan_, {loopback, next_port_++}, r, base::clock::now()};
      i = all_.emplace(r.from, std::move(fresh)).first;
      media->post(turn::install{i->second.snapshot()});
    }
    auto out = i->second.handle(base::clock::now(), r);
    if (out.changed)
      media->post(turn::install{i->second.snapshot()});
    if (out.ended)
      media->post(turn::remove{r.from, i->second.id()});
    media->post(turn::reply{r.from, r.transaction, out.answer});
    if (out.ended)
      all_.erase(i);
  }
  void on_closed(const turn::five_tuple& client) override {
    ++closed;
    std::lock_guard lock{mutex_};
    if (auto i = all_.find(client); i != all_.end()) {
      media_.lock()->post(turn::remove{client, i->second.id()});
      all_.erase(i);
    }
  }
  void on_usage(std::vector<turn::usage> changed, const turn::core_counters&) override {
    for (const auto& u : changed)
      packets += u.carried.packets_from_client;
    ++reports;
    media_.lock()->post(turn::usage_seen{});
  }

  std::atomic<int> closed{0};
  std::atomic<int> reports{0};
  std::atomic<std::uint64_t> packets{0};

private:
  std::weak_ptr<turn::shell::command_sink> media_;
  turn::address_plan plan_;
  std::mutex mutex_; // there may be several media threads
  std::map<turn::five_tuple, turn::allocation> all_;
  turn::allocation_id last_ = 0;
  std::uint16_t next_port_ = 50000;
};

} // namespace catchup::test
