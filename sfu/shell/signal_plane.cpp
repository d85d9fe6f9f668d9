#include "sfu/shell/signal_plane.hpp"

#include <mutex>

namespace catchup::sfu::shell {

namespace {

namespace media = signal::media;

/// The listener of now; answers may come when it has changed.
class exchange final : public listener {
public:
  void set(std::shared_ptr<media::listener> to) {
    std::lock_guard lock{mutex_};
    to_ = std::move(to);
  }
  void on_events(std::vector<session::event> events) override {
    std::vector<media::news> all;
    all.reserve(events.size());
    for (auto& e : events)
      all.emplace_back(std::move(e));
    tell(std::move(all));
  }
  void tell(std::vector<media::news> all) {
    std::shared_ptr<media::listener> to;
    {
      std::lock_guard lock{mutex_};
      to = to_;
    }
    if (to)
      to->on_news(std::move(all));
  }

private:
  std::mutex mutex_;
  std::shared_ptr<media::listener> to_;
};

class signal_plane final : public media::plane {
public:
  explicit signal_plane(std::shared_ptr<sfu_handler> handler) : handler_(std::move(handler)) {
    handler_->subscribe(exchange_);
  }
  ~signal_plane() override { handler_->unsubscribe(); }

  bool post(media::command c) override {
    return std::visit([this](auto& one) { return handler_->post(of(one)); }, c);
  }
  void subscribe(std::shared_ptr<media::listener> to) override { exchange_->set(std::move(to)); }
  void unsubscribe() override { exchange_->set(nullptr); }

private:
  command of(media::join& c) {
    auto done = [to = exchange_, id = c.participant](bool seated) {
      if (!seated)
        to->tell({media::joined{id, false}});
    };
    return join{std::move(c.room), c.participant, std::move(c.name), done, c.wants_all};
  }
  command of(media::leave& c) { return leave{c.participant}; }
  command of(media::declare& c) { return declare{c.participant, std::move(c.declaration)}; }
  command of(media::offer& c) {
    auto done = [to = exchange_, id = c.participant](auto outcome) {
      to->tell({media::answered{id, std::move(outcome)}});
    };
    return offer{c.participant, std::move(c.description), done};
  }
  command of(media::wish& c) { return wish{c.subscriber, c.track, c.layer}; }
  command of(media::want& c) { return want{c.subscriber, c.track, c.wanted}; }

  std::shared_ptr<sfu_handler> handler_;
  std::shared_ptr<exchange> exchange_ = std::make_shared<exchange>();
};

} // namespace

std::shared_ptr<media::plane> make_signal_plane(std::shared_ptr<sfu_handler> handler) {
  return std::make_shared<signal_plane>(std::move(handler));
}

} // namespace catchup::sfu::shell
