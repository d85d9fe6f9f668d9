// Random calls: people come, go, lose connections, freeze; in the end all who
// are there have one group. TEST_LONG=1 plays many more.
#define CAF_SUITE mls_histories
#include "e2ee/mls/world.hpp"

#include <cstdlib>

using namespace catchup;
using test::mls_world;
using namespace std::chrono_literals;

namespace {

void act(mls_world& w) {
  char name = static_cast<char>('A' + w.random(26));
  auto found = w.pages.find(name);
  if (found == w.pages.end()) {
    std::size_t present = 0;
    for (auto& [other, p] : w.pages)
      present += !p->away;
    if (present < 8)
      w.enter(name);
    return;
  }
  auto& p = *found->second;
  if (p.away)
    return;
  switch (w.random(8)) {
  case 0:
    w.leave(name);
    break;
  case 1:
    w.cut(name);
    w.at(w.now + 20s, [&w, name] { // the end of a lease
      if (!w.pages[name]->connected && !w.pages[name]->away)
        w.leave(name);
    });
    break;
  case 2:
  case 3:
    if (!p.connected)
      break;
    w.cut(name);
    w.at(w.now + std::chrono::milliseconds{w.random(14'000)}, [&w, name] { w.reconnect(name); });
    break;
  case 4:
  case 5:
    if (p.frozen)
      break;
    w.freeze(name);
    w.at(w.now + std::chrono::milliseconds{w.random(9'000)}, [&w, name] { w.thaw(name); });
    break;
  case 6:
    if (p.client.in() && p.connected)
      w.say(name, p.client.commit(true));
    break;
  default:
    if (p.connected && !p.frozen)
      w.say(name, p.client.join());
  }
}

std::string play(std::uint64_t seed) {
  mls_world w{seed};
  for (int i = 0; i < 40; ++i) {
    act(w);
    w.run(std::chrono::milliseconds{w.random(1'500)});
  }
  w.run(60s);
  for (auto& [name, p] : w.pages)
    if (!p->away) {
      w.thaw(name);
      w.reconnect(name);
    }
  w.run(200s);
  return w.disagreement();
}

} // namespace

TEST(whatever happens all who are there end in one group) {
  std::uint64_t games = std::getenv("TEST_LONG") ? 600 : 60;
  for (std::uint64_t seed = 1; seed <= games; ++seed) {
    auto wrong = play(seed);
    if (!wrong.empty())
      FAIL_TEST("seed " + std::to_string(seed) + ": " + wrong);
  }
}
