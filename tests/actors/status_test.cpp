// The operator's view does not depend on everybody answering.
#define CAF_SUITE status
#include "actors/status.hpp"

#include "cast.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

status_source::behavior_type talkative(status_source::pointer, std::string name) {
  return {[=](const msg::get_status&) {
    return msg::status{{describe("room", name, "registry", "open", 5s)}};
  }};
}

struct silent_state {
  silent_state() = default;
  std::vector<caf::typed_response_promise<msg::status>> promises;
};

status_source::behavior_type silent(status_source::stateful_pointer<silent_state> self) {
  return {[=](const msg::get_status&) -> caf::result<msg::status> {
    self->state.promises.push_back(self->make_response_promise<msg::status>());
    return self->state.promises.back();
  }};
}

struct status_cast : test::cast {
  status_question about(const status_source& handle, std::string name) {
    return {handle, describe("room", std::move(name), "registry", "", {})};
  }
  status_source collector(std::vector<status_question> others) {
    return spawn_status_collector(*self, {describe("registry", "registry", "", "running", 9s)},
                                  std::move(others), 500ms);
  }
  static std::string names_of(const msg::status& s) {
    std::string out;
    for (const auto& a : s.actors)
      out += a.name + ":" + a.state + " ";
    return out;
  }
};

} // namespace

FIXTURE_SCOPE(status_tests, status_cast)

TEST(known entries come first and the answers follow in order) {
  auto c =
      collector({about(sys.spawn(talkative, "a"), "a"), about(sys.spawn(talkative, "b"), "b")});
  CHECK_EQUAL(names_of(ask<msg::status>(c, msg::get_status{})), "registry:running a:open b:open ");
  CHECK(!is_alive(c.address()));
}

TEST(without anybody to ask the answer comes at once) {
  CHECK_EQUAL(names_of(ask<msg::status>(collector({}), msg::get_status{})), "registry:running ");
}

TEST(an actor that does not answer is listed as silent when the patience is over) {
  auto mute = sys.spawn(silent);
  auto c = collector({about(mute, "a"), about(sys.spawn(talkative, "b"), "b")});
  auto pending = self->request(c, caf::infinite, msg::get_status{});
  settle();
  advance(499ms);
  CHECK(!self->has_next_message());
  advance(1ms);
  REQUIRE(self->has_next_message());
  pending.receive(
      [](const msg::status& s) { CHECK_EQUAL(names_of(s), "registry:running a:silent b:open "); },
      [](const caf::error&) { FAIL_TEST("refused"); });
  CHECK(!is_alive(c.address()));
  kill(mute);
}

TEST(a dead actor is listed as silent without waiting) {
  auto dead = sys.spawn(talkative, "a");
  kill(dead);
  auto c = collector({about(dead, "a")});
  CHECK_EQUAL(names_of(ask<msg::status>(c, msg::get_status{})), "registry:running a:silent ");
}

FIXTURE_SCOPE_END()
