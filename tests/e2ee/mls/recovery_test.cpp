// Recovery of a group when members or the server fail, lie or forget.
#define CAF_SUITE mls_recovery
#include "e2ee/mls/world.hpp"

using namespace catchup;
using namespace catchup::e2ee::mls;
using test::mls_call;
using test::mls_world;
using test::person;
using namespace std::chrono_literals;

// -- nobody answers -----------------------------------------------------------

TEST(when no member answers for five seconds the newcomer makes another group) {
  mls_call w{"AB"};
  auto before = w.service->incarnation();
  w.freeze('A');
  w.freeze('B');
  w.enter('C');
  w.run(4'999ms);
  CHECK_EQUAL(w.heard('C'), "");
  w.run(10ms);
  CHECK_EQUAL(w.heard('C'), "found");
  CHECK(w.service->incarnation() > before);
  w.run(1s);
  w.thaw('A');
  w.thaw('B');
  w.run(1s);
  CHECK_EQUAL(w.disagreement(), "");
  CHECK_EQUAL(w.service->leaves()->size(), 3u);
}

TEST(a removal that nobody commits leads to another group as well) {
  mls_call w{"ABC"};
  w.freeze('A');
  w.freeze('B');
  w.leave('C');
  w.run(5s + 50ms);
  w.thaw('B');
  w.run(10s); // A had its chance
  w.thaw('A');
  w.run(20s);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a founder that does not answer makes way for the next) {
  mls_world w;
  auto& a = w.enter('A');
  a.frozen = true;
  w.run(1s);
  w.enter('B');
  w.run(6s);
  CHECK(w.heard('B').starts_with("found"));
  w.thaw('A');
  w.run(2s);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a founder that goes makes way at once) {
  mls_world w;
  auto& a = w.enter('A');
  a.frozen = true;
  w.enter('B');
  w.leave('A');
  w.run(10ms);
  CHECK_EQUAL(w.heard('B'), "found");
  auto& c = w.enter('C');
  w.run(1s);
  CHECK(c.client.in());
}

TEST(when nothing ever answers little is said) {
  mls_world w;
  for (char name : {'A', 'B', 'C'})
    w.enter(name);
  w.run(1s);
  w.leave('C');
  for (char name : {'A', 'B'})
    w.freeze(name);
  w.run(600s);
  CHECK(w.pages['A']->waiting.size() < 64);
  CHECK(w.pages['B']->waiting.size() < 64);
  w.thaw('A');
  w.thaw('B');
  w.run(200s);
  CHECK_EQUAL(w.disagreement(), "");
}

// -- forks --------------------------------------------------------------------

TEST(members of different mind about an epoch get another group) {
  mls_call w{"ABC"};
  auto& c = w.client('C');
  auto other = c.tag();
  other[0] ^= std::byte{1};
  auto before = w.service->incarnation();
  w.forget();
  CHECK(w.say('C', to_delivery::ready{c.incarnation(), c.epoch(), other, c.resume().hash}));
  CHECK(w.service->incarnation() > before);
  w.run(1s);
  CHECK(w.heard('A').starts_with("ready 1 C, found"));
  CHECK(w.heard('B').starts_with("ready 1 C, reset"));
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(another log than that of the server is a fork) {
  mls_call w{"AB"};
  auto& b = w.client('B');
  auto hash = b.resume().hash;
  hash[0] ^= std::byte{1};
  auto before = w.service->incarnation();
  CHECK(w.say('B', to_delivery::ready{b.incarnation(), b.epoch(), b.tag(), hash}));
  CHECK(w.service->incarnation() > before);
}

TEST(fork reports start a new group three times and then every twenty seconds) {
  mls_call w{"AB"};
  for (int i = 0; i < 5; ++i) {
    CHECK(w.say('B', to_delivery::forked{w.client('B').incarnation(), w.client('B').epoch()}));
    w.run(1s);
    CHECK_EQUAL(w.disagreement(), "");
  }
  CHECK_EQUAL(w.service->totals().incarnations, 4u);
  w.run(20s);
  CHECK(w.say('B', to_delivery::forked{w.client('B').incarnation(), w.client('B').epoch()}));
  CHECK_EQUAL(w.service->totals().incarnations, 5u);
}

TEST(of a group or an epoch that is over nothing counts) {
  mls_call w{"AB"};
  auto& b = w.client('B');
  auto totals = w.service->totals().incarnations;
  CHECK(w.say('B', to_delivery::forked{b.incarnation() - 1, b.epoch()}));
  CHECK(w.say('B', to_delivery::forked{b.incarnation(), b.epoch() + 1}));
  CHECK(w.say('B', to_delivery::ready{b.incarnation(), b.epoch() + 1, {}, {}}));
  CHECK(w.say('B', to_delivery::founded{b.incarnation(), b.group_id()}));
  auto commit = b.commit(true);
  --commit.incarnation;
  CHECK(w.say('B', commit));
  w.run(1s);
  CHECK_EQUAL(w.service->totals().incarnations, totals);
  CHECK_EQUAL(w.service->epoch().value(), 1u);
}

// -- resuming -----------------------------------------------------------------

TEST(a member that missed commits gets them from the log) {
  mls_call w{"AB"};
  auto claim = w.client('B').resume();
  w.rotate('A', 3, 300ms);
  w.forget();
  CHECK(w.say('B', claim));
  w.run(100ms);
  CHECK_EQUAL(w.heard('B'), "committed 2, committed 3, committed 4, resumed 4");
}

TEST(one answer has sixty four commits at most) {
  mls_call w{"AB"};
  auto claim = w.client('B').resume();
  w.rotate('A', 70, 6s);
  w.forget();
  CHECK(w.say('B', claim));
  w.run(100ms);
  auto words = w.heard('B');
  CHECK(words.ends_with("committed 65, resumed 71"));
}

TEST(a member with another log or group cannot resume) {
  mls_call w{"AB"};
  auto good = w.client('B').resume();
  auto other = good;
  other.hash[3] ^= std::byte{1};
  CHECK(w.say('B', other));
  other = good;
  other.group_id.back() ^= std::byte{1};
  CHECK(w.say('B', other));
  other = good;
  ++other.seq;
  CHECK(w.say('B', other));
  other = good;
  --other.incarnation;
  CHECK(w.say('B', other));
  w.freeze('B');
  w.run(50ms);
  CHECK_EQUAL(w.pages['B']->waiting.size(), 4u);
  for (const auto& m : w.pages['B']->waiting)
    CHECK_EQUAL(test::mls_words(m.body), "gone");
}

TEST(the log keeps its newest entries and the chain of all) {
  commit_log log{{4, 100}};
  log_hash hash{};
  for (unsigned i = 1; i <= 10; ++i) {
    base::buffer commit(10 * i, std::byte{7});
    hash = next_hash(hash, i, commit);
    CHECK(log.append(i, test::share(commit)).hash == hash);
    CHECK(log.bytes() <= 100);
  }
  CHECK_EQUAL(log.last(), 10u);
  CHECK(log.last_hash() == hash);
  CHECK(!log.hash(8)); // 9 and 10 have 190 bytes: only 10 is kept
  CHECK(log.hash(9));
  CHECK(!log.hash(11));
  CHECK_EQUAL(log.after(9, {64, 1}).size(), 1u);
  CHECK_EQUAL(log.after(10, {64, 1000}).size(), 0u);
}

// -- a server that forgot -----------------------------------------------------

TEST(after a restart the members who agree go on in their group) {
  mls_call w{"ABC"};
  auto incarnation = w.service->incarnation();
  w.restart();
  w.forget();
  for (char name : {'A', 'B', 'C'})
    w.come_back(name);
  w.run(100ms); // all are there: nothing to wait for
  CHECK_EQUAL(w.service->incarnation(), incarnation);
  CHECK_EQUAL(w.heard('A'), "resumed 1");
  CHECK_EQUAL(w.disagreement(), "");
  w.enter('D');
  w.run(1s);
  CHECK_EQUAL(w.service->epoch().value(), 2u);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a member that does not come back after a restart is removed) {
  mls_call w{"ABC"};
  w.restart();
  w.come_back('B');
  w.come_back('C');
  w.pages['A']->away = true;
  w.run(1'990ms);
  CHECK(!w.service->leaves());
  w.run(20ms);
  CHECK_EQUAL(w.service->leaves()->size(), 3u);
  w.run(11s);
  CHECK_EQUAL(w.disagreement(), "");
  CHECK_EQUAL(w.service->epoch().value(), 2u);
}

TEST(a member that comes back later after a restart finds the group) {
  mls_call w{"ABC"};
  w.restart();
  w.come_back('B');
  w.run(3s);
  w.come_back('C');
  w.run(1s);
  w.come_back('A');
  w.run(30s);
  CHECK_EQUAL(w.service->epoch().value(), 1u);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(when members disagree after a restart there is another group) {
  mls_call w{"ABC"};
  auto incarnation = w.service->incarnation();
  // The server dies when only B has heard of its last commit.
  w.lets_through = [](const auto& to, const auto&) { return to == person('B'); };
  w.say('B', w.client('B').commit(true));
  w.run(100ms);
  w.lets_through = {};
  CHECK_EQUAL(w.client('B').epoch(), 2u);
  w.restart();
  for (char name : {'A', 'B', 'C'})
    w.come_back(name);
  w.run(3s);
  CHECK(w.service->incarnation() > incarnation);
  CHECK_EQUAL(w.disagreement(), "");
  CHECK_EQUAL(w.service->leaves()->size(), 3u);
}

TEST(when a newcomer is first after a restart it makes the group) {
  mls_call w{"AB"};
  w.restart();
  w.enter('C');
  w.run(100ms);
  w.come_back('A');
  w.come_back('B');
  w.run(2s);
  CHECK_EQUAL(w.disagreement(), "");
  CHECK_EQUAL(w.service->leaves()->size(), 3u);
}

TEST(a newcomer among those who come back after a restart is added) {
  mls_call w{"AB"};
  w.restart();
  w.come_back('A');
  w.enter('C');
  w.run(3s);
  CHECK(w.client('C').in());
  w.come_back('B');
  w.run(2s);
  CHECK_EQUAL(w.disagreement(), "");
  CHECK_EQUAL(w.service->epoch().value(), 2u);
}

TEST(a resume report of the far future or without its reporter is refused) {
  mls_call w{"AB"};
  w.restart();
  auto& a = w.client('A');
  auto enter = [&](to_delivery::resume report) {
    w.service->enter(w.now, a.id(), w.link.admission.pub(), test::share(a.maker().key_package()),
                     report.incarnation);
    w.service->receive(w.now, a.id(), report);
    auto out = w.service->take();
    return out.empty() ? std::string{} : test::mls_words(out.front().message.body);
  };
  auto report = a.resume();
  report.incarnation += std::uint64_t{48} * 3600 * 1000;
  CHECK_EQUAL(enter(report), "gone");
  report = a.resume();
  report.leaves.erase(report.leaves.begin());
  CHECK_EQUAL(enter(report), "gone");
  report = a.resume();
  report.leaves[1].second = a.id();
  CHECK_EQUAL(enter(report), "gone");
  CHECK_EQUAL(enter(a.resume()), "");
}

// -- too much -----------------------------------------------------------------

TEST(commits beyond eight at once are refused and cost no strike) {
  mls_world w;
  w.enter_all("AB");
  w.run(2s);
  w.forget();
  auto commit = w.client('B').commit(true);
  commit.epoch = 0;
  for (int i = 0; i < 10; ++i)
    CHECK(w.say('B', commit));
  w.run(10ms);
  auto words = w.heard('B');
  CHECK(words.ends_with("rejected 0 epoch, rejected 0 rate, rejected 0 rate"));
  CHECK_EQUAL(w.service->totals().strikes, 0u);
}

TEST(joins resumes and ready beyond their rates are dropped) {
  mls_call w{"AB"};
  w.freeze('A');
  w.freeze('B');
  for (int i = 0; i < 6; ++i)
    CHECK(w.say('B', to_delivery::join{test::share(w.client('B').maker().key_package())}));
  CHECK_EQUAL(w.service->totals().dropped, 2u);
  for (int i = 0; i < 10; ++i)
    CHECK(w.say('A', w.client('A').resume()));
  CHECK_EQUAL(w.service->totals().dropped, 4u);
  auto& a = w.client('A');
  to_delivery::ready ready{a.incarnation(), a.epoch(), a.tag(), a.resume().hash};
  for (int i = 0; i < 30; ++i)
    CHECK(w.say('A', ready));
  CHECK(w.service->totals().dropped >= 10u);
}

TEST(a room takes forty eight joins at once and then one a second) {
  mls_world w;
  std::size_t in = 0;
  for (unsigned i = 0; i < 60; ++i) {
    test::mls_maker maker{w.link, person(static_cast<char>(i + 1)), i + 1};
    in += w.service->enter(w.now, maker.id(), w.link.admission.pub(),
                           test::share(maker.key_package()), {}) == entry_result::in;
    w.service->take();
    w.service->leave(w.now, maker.id());
  }
  CHECK_EQUAL(in, 48u);
}
