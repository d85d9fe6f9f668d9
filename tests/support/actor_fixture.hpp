#pragma once
// A deterministic actor system: one thread, virtual time, no sleeps. Built on
// the test scheduler that ships with CAF.

#include "support/test.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <optional>

namespace catchup::test {

/// `Config` is an actor_system_config that registers the message types.
template <class Config>
class actor_fixture {
public:
  actor_fixture() = default;
  actor_fixture(const actor_fixture&) = delete;
  actor_fixture& operator=(const actor_fixture&) = delete;

  ~actor_fixture() {
    settle();
    sched.clock().cancel_all(); // a pending timer keeps its actor alive
    tester_.reset();            // what watches the test ends with it
    settle();
  }

  /// Lets every actor handle everything in its mailbox; no timer fires.
  void settle() {
    while (sched.try_run_once()) {
    }
  }

  /// Moves the clock, fires what is due, and settles.
  void advance(caf::timespan by) {
    sched.clock().advance_time(by);
    settle();
  }

  /// Asks and waits; fails the test on an error reply.
  template <class T, class Handle, class... Ts>
  T ask(const Handle& to, Ts&&... xs) {
    std::optional<T> out;
    auto pending = self->request(to, caf::infinite, std::forward<Ts>(xs)...);
    settle();
    pending.receive([&](T& x) { out = std::move(x); },
                    [&](const caf::error& e) { FAIL_TEST(sys.render(e)); });
    return std::move(*out);
  }

  /// Asks and expects an error reply; `T` is what a yes would carry.
  template <class T, class Handle, class... Ts>
  caf::error refuse(const Handle& to, Ts&&... xs) {
    caf::error out;
    auto pending = self->request(to, caf::infinite, std::forward<Ts>(xs)...);
    settle();
    pending.receive([](T&) { FAIL_TEST("accepted what should be refused"); },
                    [&](caf::error& e) { out = std::move(e); });
    return out;
  }

  /// Says something that has no answer, and settles.
  template <class Handle, class... Ts>
  void tell(const Handle& to, Ts&&... xs) {
    caf::anon_send(to, std::forward<Ts>(xs)...);
    settle();
  }

  /// Ends an actor the hard way, as a crash would.
  template <class Handle>
  void kill(const Handle& to) {
    caf::anon_send_exit(to, caf::exit_reason::kill);
    settle();
  }

  /// The state of a spawned typed actor.
  template <class State, class Handle>
  State& state(const Handle& h) {
    auto* p = caf::actor_cast<caf::abstract_actor*>(h);
    return dynamic_cast<caf::stateful_actor<State, typename Handle::base>&>(*p).state;
  }

  bool is_alive(const caf::actor_addr& a) const {
    auto p = caf::actor_cast<caf::strong_actor_ptr>(a);
    return p && !dynamic_cast<caf::monitorable_actor&>(*p->get()).getf(
                    caf::abstract_actor::is_terminated_flag);
  }

  struct config : Config {
    config() { this->set("scheduler.policy", caf::atom("testing")); }
  };

  config cfg;
  caf::actor_system sys{cfg};
  std::optional<caf::scoped_actor> tester_{std::in_place, sys, true};
  caf::scoped_actor& self = *tester_;
  caf::scheduler::test_coordinator& sched =
      dynamic_cast<caf::scheduler::test_coordinator&>(sys.scheduler());
};

} // namespace catchup::test
