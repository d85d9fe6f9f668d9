// How a group begins, grows and shrinks, one commit an epoch.
#define CAF_SUITE delivery
#include "e2ee/mls/world.hpp"

using namespace catchup;
using namespace catchup::e2ee::mls;
using test::mls_call;
using test::mls_world;
using test::person;
using namespace std::chrono_literals;

// -- joining ------------------------------------------------------------------

TEST(the first makes the group and the second is added by it) {
  mls_world w;
  w.enter('A');
  w.run(1s);
  CHECK_EQUAL(w.heard('A'), "found");
  w.enter('B');
  w.run(29ms);
  CHECK_EQUAL(w.heard('A'), "");
  w.run(1s);
  CHECK_EQUAL(w.heard('A'), "duty 0 by A +B, committed 1, ready 1 B");
  CHECK_EQUAL(w.heard('B'), "welcome 1, ready 1 A");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(members that join within thirty milliseconds are added by one commit) {
  mls_call w{"A"};
  w.enter_all("BCDEFGHIJKLMNOP");
  w.run(1s);
  CHECK_EQUAL(w.service->epoch().value(), 1u);
  CHECK_EQUAL(w.service->leaves()->size(), 16u);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a member that joins while the group is founded is added afterwards) {
  mls_world w;
  w.enter_all("ABC");
  w.run(1s);
  CHECK_EQUAL(w.service->epoch().value(), 1u);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a member that joins during a commit is added in the next epoch) {
  mls_call w{"A"};
  w.enter('B');
  w.run(35ms); // the duty is out, the commit is not in
  w.enter('C');
  w.run(1s);
  CHECK_EQUAL(w.service->epoch().value(), 2u);
  CHECK_EQUAL(w.heard('A'), "duty 0 by A +B, committed 1, ready 1 B, duty 1 by A +C, committed 2, "
                            "ready 2 B, ready 2 C");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(the key package of the admission may be said again) {
  mls_call w{"A"};
  auto& b = w.enter('B');
  auto first = *w.service->pending().find(person('B'));
  w.say('B', to_delivery::join{first.key_package});
  CHECK_EQUAL(w.service->pending().adds().size(), 1u);
  w.run(1s);
  w.say('B', to_delivery::join{first.key_package}); // came late
  CHECK(w.service->pending().empty());
  CHECK(b.client.in());
}

TEST(a fresh key package takes the place of one and of the leaf) {
  mls_call w{"AB"};
  CHECK(w.say('B', w.client('B').join()));
  w.run(1s);
  CHECK_EQUAL(w.heard('A'), "duty 1 by A +B -B, committed 2, ready 2 B");
  CHECK_EQUAL(w.heard('B'), "duty 1 by A +B -B, committed 2, welcome 2, ready 2 A");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a commit with an older key package than the newest is stale) {
  mls_call w{"A"};
  w.enter('B');
  w.run(33ms); // A has the duty
  CHECK(w.say('B', w.client('B').join()));
  w.run(1s);
  CHECK_EQUAL(w.heard('A'), "duty 0 by A +B, rejected 0 stale, duty 0 by A +B, "
                            "committed 1, ready 1 B");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a key package that is not of the room or its sender is a fault) {
  mls_call w{"AB"};
  auto of_another = w.client('A').maker().key_package();
  CHECK(!w.say('B', to_delivery::join{test::share(of_another)}));
  test::mls_link elsewhere{78};
  test::mls_maker stranger{elsewhere, person('B'), 5};
  CHECK(!w.say('B', to_delivery::join{test::share(stranger.key_package())}));
  CHECK(!w.say('B', to_delivery::join{test::share(w.client('B').group_id())}));
  auto entry = w.service->enter(w.now, person('C'), w.link.admission.pub(), test::share(of_another),
                                std::nullopt);
  CHECK(entry == entry_result::key_package);
  CHECK(!w.service->knows(person('C')));
}

TEST(the first key package decides the suite) {
  mls_world w;
  w.enter('A');
  auto other = w.link;
  other.suite = suite_xwing;
  test::mls_maker b{other, person('B'), 5};
  CHECK(w.service->enter(w.now, person('B'), w.link.admission.pub(), test::share(b.key_package()),
                         {}) == entry_result::key_package);
  w.leave('A'); // the room is empty: nothing is decided
  CHECK(w.service->enter(w.now, person('B'), w.link.admission.pub(), test::share(b.key_package()),
                         {}) == entry_result::in);
}

// -- leaving ------------------------------------------------------------------

TEST(a member that leaves is removed by the next commit) {
  mls_call w{"ABC"};
  w.leave('A');
  w.run(100ms);
  CHECK_EQUAL(w.heard('B'), "left A, duty 1 by B -A, committed 2, ready 2 C");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a member that leaves before its add is not added) {
  mls_call w{"A"};
  w.enter('B');
  w.run(33ms);
  w.leave('B');
  w.run(1s);
  CHECK_EQUAL(w.heard('A'), "duty 0 by A +B, rejected 0 stale");
  CHECK_EQUAL(w.service->leaves()->size(), 1u);
  CHECK(w.service->deadline() == base::time_point::max());
}

TEST(ten seconds without a connection are borne and not more) {
  mls_call w{"AB"};
  w.cut('B');
  w.run(9'999ms);
  w.reconnect('B');
  w.run(60s);
  CHECK_EQUAL(w.service->epoch().value(), 1u);
  CHECK_EQUAL(w.disagreement(), "");
  w.cut('B');
  w.run(10s + 100ms);
  CHECK_EQUAL(w.service->epoch().value(), 2u);
  CHECK_EQUAL(w.service->leaves()->size(), 1u);
  // It finds its removal among what it missed, and asks to be added.
  w.forget();
  w.reconnect('B');
  w.run(2s);
  CHECK_EQUAL(w.heard('B'), "committed 2, gone, welcome 3, ready 3 A");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(when all are away nobody is removed) {
  mls_call w{"AB"};
  w.cut('A');
  w.cut('B');
  w.run(25s);
  w.reconnect('A');
  w.run(5s);
  w.reconnect('B');
  w.run(60s);
  CHECK_EQUAL(w.service->epoch().value(), 1u);
  CHECK_EQUAL(w.disagreement(), "");
  w.cut('A');
  w.cut('B');
  w.run(25s);
  w.reconnect('A');
  w.run(11s); // B did not come
  CHECK_EQUAL(w.service->leaves()->size(), 1u);
}

TEST(the last to leave takes the group along) {
  mls_call w{"AB"};
  auto before = w.service->incarnation();
  w.leave('A');
  w.leave('B');
  w.run(1s);
  CHECK(!w.service->leaves());
  CHECK(w.service->pending().empty());
  w.enter('C');
  w.run(1s);
  CHECK(w.service->incarnation() > before);
  CHECK_EQUAL(w.disagreement(), "");
}

// -- commit requests -------------------------------------------------------------------

TEST(a commit request without a commit goes to the next after 800 ms) {
  mls_call w{"ABC"};
  w.freeze('A');
  w.freeze('C'); // who would not wait for its turn
  w.enter('D');
  w.run(829ms);
  CHECK_EQUAL(w.heard('B'), "duty 1 by A +D");
  w.run(10ms);
  CHECK_EQUAL(w.heard('B'), "duty 1 by B +D");
  w.run(1s);
  CHECK(w.client('D').in());
  w.thaw('A');
  w.thaw('C');
  w.run(1s);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a commit request goes to the next member at once when its committer disconnects) {
  mls_call w{"ABC"};
  w.enter('D');
  w.run(33ms); // before it sent anything
  w.cut('A');
  w.run(40ms);
  CHECK_EQUAL(w.heard('B'), "duty 1 by A +D, duty 1 by B +D, committed 2, ready 2 C, ready 2 D");
  CHECK(w.client('D').in());
}

TEST(a committer that dies after its commit is not replaced) {
  mls_call w{"ABC"};
  w.enter('D');
  w.run(47ms); // sent, and taken
  CHECK_EQUAL(w.service->epoch().value(), 2u);
  w.leave('A');
  w.run(1s);
  CHECK_EQUAL(w.service->epoch().value(), 3u);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(the first commit ends the epoch and all others are rejected) {
  mls_call w{"ABC"};
  w.enter('D');
  w.run(33ms);
  auto a = w.client('A').commit();
  auto b = w.client('B').commit();
  CHECK(w.say('B', b));
  CHECK(w.say('A', a));
  w.run(1s);
  CHECK_EQUAL(w.service->epoch().value(), 2u);
  CHECK_EQUAL(w.heard('A'), "duty 1 by A +D, committed 2, rejected 1 epoch, ready 2 B, ready 2 C, "
                            "ready 2 D");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(anybody may rotate and nobody more than twelve times a minute) {
  mls_call w{"AB"};
  w.rotate('B', 12, 500ms);
  auto epoch = *w.service->epoch();
  CHECK_EQUAL(epoch, 13u);
  w.forget();
  w.rotate('B', 2, 500ms);
  CHECK(w.heard('B').ends_with("rejected 14 rate"));
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(after three strikes a member gets no commit request while there is another) {
  mls_call w{"AB"};
  for (int i = 0; i < 3; ++i) {
    CHECK(w.say('A', to_delivery::commit{w.client('A').incarnation(), 1,
                                         test::share(base::buffer(100)), nullptr}));
    w.run(1s);
  }
  CHECK_EQUAL(w.service->totals().strikes, 3u);
  w.forget();
  w.enter('C');
  w.run(1s);
  CHECK_EQUAL(w.heard('B'), "duty 1 by B +C, committed 2, ready 2 A, ready 2 C");
  w.leave('B');
  w.leave('C');
  w.run(1s); // there is nobody else
  CHECK_EQUAL(w.service->leaves()->size(), 1u);
}

// -- pages that nobody sees ----------------------------------------------------

namespace {

/// Members asked in turn to commit, when none does.
std::string asked(mls_call& w, base::duration time) {
  std::string out;
  w.lets_through = [&](const auto& to, const auto& message) {
    if (const auto* duty = std::get_if<from_delivery::commit_request>(&message.body);
        duty && to == person('D'))
      out += test::name_of(duty->committer);
    return false;
  };
  CHECK(w.say('D', w.client('D').join()));
  w.run(time);
  return out;
}

} // namespace

TEST(a page that is seen is asked before one that is hidden) {
  mls_call w{"ABCD"};
  CHECK(w.say('A', to_delivery::visible{false}));
  CHECK_EQUAL(asked(w, 4s), "BCABC");
}

TEST(a page that is seen again is asked as before) {
  mls_call w{"ABCD"};
  CHECK(w.say('A', to_delivery::visible{false}));
  CHECK(w.say('A', to_delivery::visible{true}));
  CHECK_EQUAL(asked(w, 2s), "ABC");
}

TEST(when all pages are hidden the lowest leaf is asked) {
  mls_call w{"ABCD"};
  for (char name : {'A', 'B', 'C', 'D'})
    CHECK(w.say(name, to_delivery::visible{false}));
  CHECK_EQUAL(asked(w, 2s), "ABC");
}
