// Which actors count when the server asks whether it still works.
#define CAF_SUITE probe
#include "actors/probe.hpp"
#include "root_cast.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

struct mute_limiter_state {
  mute_limiter_state() = default;
  std::vector<caf::typed_response_promise<void>> kept;
};

/// A limiter that never answers a probe.
limiter_actor::behavior_type mute_limiter(limiter_actor::stateful_pointer<mute_limiter_state> self,
                                          const caf::strong_actor_ptr& parent) {
  self->monitor(parent);
  self->set_down_handler([=](const caf::down_msg& dm) { self->quit(dm.reason); });
  return {
      [](const msg::spend&) { return msg::limit_decision{}; },
      [](const msg::get_status&) { return msg::status{}; },
      [](const msg::tick&) {},
      [=](const msg::probe&) -> caf::result<void> {
        self->state.kept.push_back(self->make_response_promise<void>());
        return self->state.kept.back();
      },
  };
}

struct probed : test::root_cast {
  std::shared_ptr<int> answers = std::make_shared<int>(0);

  int ask(const root_actor& whom, msg::vital_actor of) {
    *answers = 0;
    probe(sys, whom, of, [n = answers] { ++*n; });
    settle();
    return *answers;
  }
  /// A registry with one limiter that does not answer.
  root_actor with_mute(endpoint_kind which) {
    auto config = root_config();
    config.make_limiter = [which](caf::local_actor& parent, limiter_config c) {
      if (c.name == endpoint_name(which))
        return parent.spawn<caf::monitored>(mute_limiter, caf::strong_actor_ptr{parent.ctrl()});
      return spawn_limiter(parent, std::move(c));
    };
    auto out = spawn_registry(sys, std::move(config));
    settle();
    return out;
  }
};

} // namespace

FIXTURE_SCOPE(probe_tests, probed)

TEST(every vital actor answers once) {
  for (const auto& [of, name] : vital_actors)
    CHECK_EQUAL(ask(root, of), 1);
}

TEST(an actor that does not answer is told from those that do) {
  auto other = with_mute(endpoint_kind::livekit_token);
  for (const auto& [of, name] : vital_actors)
    CHECK_EQUAL(ask(other, of), of == msg::vital_actor::livekit_token ? 0 : 1);
  caf::anon_send_exit(other, caf::exit_reason::user_shutdown);
  settle();
}

TEST(a limiter that crashed is not stuck) {
  kill(children->limiters.at(0));
  CHECK_EQUAL(ask(root, msg::vital_actor::create_room), 1);
}

TEST(a question that was lost is asked again) {
  auto other = with_mute(endpoint_kind::create_room);
  CHECK_EQUAL(ask(other, msg::vital_actor::create_room), 0);
  advance(5s);
  CHECK_EQUAL(*answers, 0); // asked again, and still no answer
  caf::anon_send_exit(other, caf::exit_reason::kill);
  advance(5s);
  CHECK_EQUAL(*answers, 1); // the registry itself is gone: that is for others to see
}

FIXTURE_SCOPE_END()
