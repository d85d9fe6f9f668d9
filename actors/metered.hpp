#pragma once
// Actors whose mailboxes are counted. CAF 0.17 has no query for the length of a mailbox,
// but two virtual functions see every message: one when it is put in, one when it is taken
// out to be handled.

#include "actors/messages/control.hpp"

#include <caf/actor_config.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <atomic>
#include <functional>

namespace catchup::actors {

/// Whether the message is a status question of the operator. These are not counted.
bool is_status_question(const caf::mailbox_element& what);

/// Counts the messages of one mailbox, including answers, timers and down messages, but no
/// status questions. Messages are put in on any thread and taken out on one.
class mailbox_meter {
public:
  mailbox_meter() = default;
  mailbox_meter(const mailbox_meter&) = delete;
  mailbox_meter& operator=(const mailbox_meter&) = delete;

  /// Waiting now (without the message being handled), the most that ever
  /// waited, and how many were handled.
  msg::load read() const noexcept {
    auto out = handled_.load(std::memory_order_relaxed);
    auto in = put_.load(std::memory_order_relaxed);
    return {in > out ? in - out : 0, high_water_.load(std::memory_order_relaxed), out};
  }

protected:
  ~mailbox_meter() = default;

  void put() noexcept {
    auto in = put_.fetch_add(1, std::memory_order_relaxed) + 1;
    auto out = handled_.load(std::memory_order_relaxed);
    auto depth = in > out ? in - out : 0;
    auto high = high_water_.load(std::memory_order_relaxed);
    while (depth > high &&
           !high_water_.compare_exchange_weak(high, depth, std::memory_order_relaxed)) {
    }
  }
  void take() noexcept { handled_.fetch_add(1, std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> put_{0}, handled_{0}, high_water_{0};
};

template <class Handle, class State>
class metered_actor final : public caf::stateful_actor<State, typename Handle::base>,
                            public mailbox_meter {
public:
  using super = caf::stateful_actor<State, typename Handle::base>;
  using behavior_type = typename Handle::behavior_type;
  using init_function = std::function<behavior_type(super*)>;

  // CAF's own handler prints exceptions to standard output, which may block.
  metered_actor(caf::actor_config& cfg, init_function init) : super(cfg), init_(std::move(init)) {
    this->set_exception_handler(
        [](std::exception_ptr&) -> caf::error { return caf::sec::runtime_error; });
  }

  using super::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit* eu) override {
    if (!is_status_question(*what))
      put();
    super::enqueue(std::move(what), eu);
  }

  using super::consume;
  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    if (!is_status_question(what))
      take();
    return super::consume(what);
  }

protected:
  behavior_type make_behavior() override { return std::exchange(init_, {})(this); }

private:
  init_function init_;
};

/// Spawns an actor of this state, whose behavior is what `init(self)` returns.
template <class Handle, class State, caf::spawn_options Options = caf::no_spawn_options,
          class Parent, class Init>
Handle spawn_metered(Parent& parent, Init init) {
  return parent.template spawn<metered_actor<Handle, State>, Options>(
      typename metered_actor<Handle, State>::init_function{std::move(init)});
}

/// The load of an actor of spawn_metered; zeros for any other.
template <class Self>
msg::load load_of(const Self* self) noexcept {
  auto* meter = dynamic_cast<const mailbox_meter*>(self);
  return meter ? meter->read() : msg::load{};
}

} // namespace catchup::actors
