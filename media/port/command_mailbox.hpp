#pragma once
// The way between other threads and a handler on a media thread: commands come in and
// events go to one subscriber, in the order in which both were asked for.

#include "media/port/command_queue.hpp"

#include <memory>
#include <variant>

namespace catchup::media::port {

template <class Command, class Events>
class command_mailbox {
public:
  /// At most `limit` commands wait, besides those that must get in.
  explicit command_mailbox(std::size_t limit) : queue_(limit) {}

  // --- from any thread; never waits for the media thread ----------------------------

  /// False when `limit` commands wait, unless this one `must` get in, or when the
  /// thread has ended; then nothing was queued.
  bool post(Command c, bool must = false) { return queue_.push(std::move(c), must); }
  /// As of command_queue.
  bool reserve(bool must = false) { return queue_.reserve(must); }
  void post_reserved(Command c) { queue_.push_reserved(std::move(c)); }
  void give_back() { queue_.give_back(); }

  /// From then on `to` hears of everything, and nobody else; it is held until it is
  /// replaced, unsubscribed, or the thread ends.
  void subscribe(std::shared_ptr<Events> to) { queue_.push(subscription{std::move(to)}, true); }
  /// Ends a subscription, unless another subscriber has taken it over.
  void unsubscribe(const Events* from) { queue_.push(cancellation{from}, true); }

  // --- on the media thread ----------------------------------------------------------

  /// Calls `carry_out(Command&)` for each that waits, and `subscribed()` when there is a
  /// new subscriber.
  template <class CarryOut, class Subscribed>
  void take(CarryOut&& carry_out, Subscribed&& subscribed) {
    queue_.take(batch_);
    for (auto& i : batch_)
      if (auto* c = std::get_if<Command>(&i)) {
        carry_out(*c);
      } else if (auto* s = std::get_if<subscription>(&i)) {
        events_ = std::move(s->to);
        subscribed();
      } else if (events_.get() == std::get<cancellation>(i).from) {
        events_.reset();
      }
    batch_.clear();
  }

  /// The subscriber, or null.
  Events* events() const noexcept { return events_.get(); }

  /// Readable when something waits.
  int wake_fd() const noexcept { return queue_.wake_fd(); }

  /// The thread ends: drops what waits, now and from now on, and the subscriber.
  void close() {
    queue_.close();
    events_.reset();
  }

private:
  struct subscription {
    std::shared_ptr<Events> to;
  };
  struct cancellation {
    const Events* from = nullptr;
  };
  using item = std::variant<Command, subscription, cancellation>;

  command_queue<item> queue_;
  std::vector<item> batch_;
  std::shared_ptr<Events> events_;
};

} // namespace catchup::media::port
