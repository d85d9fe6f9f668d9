#include "turn/shell/turn_group.hpp"

#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace catchup::turn::shell {

namespace {

/// Passes events of one thread to the subscriber of the group.
class one_of_many final : public events {
public:
  using on_report = std::function<core_counters(const core_counters&)>;

  one_of_many(std::shared_ptr<events> to, on_report f) : to_(std::move(to)), f_(std::move(f)) {}

  void on_request(const request& r) override { to_->on_request(r); }
  void on_closed(const five_tuple& client) override { to_->on_closed(client); }
  void on_usage(std::vector<usage> changed, const core_counters& totals) override {
    to_->on_usage(std::move(changed), f_(totals));
  }

private:
  std::shared_ptr<events> to_;
  on_report f_;
};

} // namespace

/// The subscriber handles reports in the order of their arrival, so the group remembers which
/// thread gets the next `usage_seen`, and adds up the totals of the threads.
class turn_group::reports {
public:
  explicit reports(std::size_t threads) : totals_(threads) {}

  core_counters from(std::size_t thread, const core_counters& its) {
    std::lock_guard lock{mutex_};
    waiting_.push_back(thread);
    totals_[thread] = its;
    core_counters out;
    for (const auto& t : totals_)
      base::add(out, t, core_counter_rows);
    return out;
  }

  std::optional<std::size_t> seen() {
    std::lock_guard lock{mutex_};
    if (waiting_.empty())
      return std::nullopt;
    auto out = waiting_.front();
    waiting_.pop_front();
    return out;
  }

  void subscribed(std::shared_ptr<events> to, std::vector<std::shared_ptr<events>> through) {
    std::lock_guard lock{mutex_};
    waiting_.clear();
    subscriber_ = std::move(to);
    through_ = std::move(through);
  }

  /// The stand-ins of a subscriber, when it is the one.
  std::vector<std::shared_ptr<events>> ended(const events* subscriber) {
    std::lock_guard lock{mutex_};
    if (subscriber_.get() != subscriber)
      return {};
    subscriber_.reset();
    return std::exchange(through_, {});
  }

private:
  std::mutex mutex_;
  std::deque<std::size_t> waiting_; // at most one entry a thread
  std::vector<core_counters> totals_;
  std::shared_ptr<events> subscriber_;
  std::vector<std::shared_ptr<events>> through_;
};

turn_group::turn_group(const core_config& config, std::size_t threads)
  : reports_(std::make_shared<reports>(threads)) {
  for (std::size_t i = 0; i < threads; ++i)
    all_.push_back(std::make_shared<turn_handler>(config));
}

bool turn_group::post(command c) {
  if (std::holds_alternative<usage_seen>(c)) {
    auto thread = reports_->seen();
    return thread && all_[*thread]->post(c);
  }
  // First a place in every queue, then the command: all threads get it or none.
  for (std::size_t i = 0; i < all_.size(); ++i)
    if (!all_[i]->reserve(c)) {
      while (i-- > 0)
        all_[i]->give_back();
      return false;
    }
  for (auto& h : all_)
    h->post_reserved(c);
  return true;
}

void turn_group::subscribe(std::shared_ptr<events> to) {
  std::vector<std::shared_ptr<events>> through;
  for (std::size_t i = 0; i < all_.size(); ++i)
    through.push_back(std::make_shared<one_of_many>(
        to, [i, weak = std::weak_ptr{reports_}](const core_counters& t) {
          auto all = weak.lock(); // it holds us: not the other way round
          return all ? all->from(i, t) : t;
        }));
  reports_->subscribed(std::move(to), through);
  for (std::size_t i = 0; i < all_.size(); ++i)
    all_[i]->subscribe(through[i]);
}

void turn_group::unsubscribe(const events* from) {
  auto through = reports_->ended(from);
  for (std::size_t i = 0; i < through.size(); ++i)
    all_[i]->unsubscribe(through[i].get());
}

} // namespace catchup::turn::shell
