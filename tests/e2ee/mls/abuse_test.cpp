// Members who know the link and want to harm the others.
#define CAF_SUITE mls_abuse
#include "e2ee/mls/world.hpp"

using namespace catchup;
using namespace catchup::e2ee::mls;
using test::mls_call;
using test::mls_world;
using test::person;
using namespace std::chrono_literals;

TEST(two founders that never answer do not keep out a third) {
  mls_world w;
  w.enter('A').frozen = true;
  w.enter('B').frozen = true;
  w.enter('C');
  w.run(16s);
  CHECK(w.heard('C').starts_with("found"));
  w.run(1s);
  CHECK(w.client('C').in());
}

TEST(a resume report of a small group after a restart does not lock the others out) {
  mls_call w{"ABC"};
  auto incarnation = w.service->incarnation();
  w.restart();
  // A is first and says that it is in a group of its own, an old one.
  auto report = w.client('A').resume();
  report.incarnation = 1;
  report.leaves = {{0, person('A')}};
  auto& a = *w.pages['A'];
  a.connected = true;
  auto key_package = test::share(a.client.maker().key_package());
  CHECK(w.service->enter(w.now, person('A'), w.link.admission.pub(), key_package, 1) ==
        entry_result::in);
  CHECK(w.say('A', report));
  CHECK_EQUAL(w.service->incarnation(), 1u);
  w.come_back('B');
  w.come_back('C');
  w.run(20s);
  CHECK(w.service->incarnation() > incarnation);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a member whose report was refused hears of the older group when that is restored) {
  mls_call w{"AB"};
  auto incarnation = w.service->incarnation();
  w.restart();
  // A is first and says that somebody else is on its leaf.
  auto report = w.client('A').resume();
  auto stale = w.client('A').commit(true);
  report.leaves = {{0, person('B')}};
  auto& a = *w.pages['A'];
  a.connected = true;
  auto key_package = test::share(a.client.maker().key_package());
  CHECK(w.service->enter(w.now, person('A'), w.link.admission.pub(), key_package,
                         report.incarnation) == entry_result::in);
  CHECK(w.say('A', report));
  stale.incarnation = w.service->incarnation();
  CHECK(w.say('A', stale));
  w.come_back('B');
  w.run(5s);
  CHECK_EQUAL(w.service->incarnation(), incarnation);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a room that had another group since does not go back to an older one) {
  mls_call w{"AB"};
  w.restart();
  w.enter('C');
  w.run(1s);
  auto newer = w.service->incarnation();
  w.leave('C');
  w.come_back('A');
  w.come_back('B');
  w.run(3s);
  CHECK(w.service->incarnation() > newer);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(members return from later groups at most as often as forks are reported) {
  mls_call w{"AB"};
  auto before = w.service->totals().incarnations;
  for (int i = 0; i < 5; ++i) {
    auto report = w.client('B').resume();
    report.incarnation += 1000;
    CHECK(w.say('B', report));
    w.run(1s);
    CHECK_EQUAL(w.disagreement(), "");
  }
  CHECK_EQUAL(w.service->totals().incarnations, before + 3);
}

TEST(a group of the far future is none) {
  mls_call w{"AB"};
  auto report = w.client('B').resume();
  report.incarnation = (std::uint64_t{1} << 53) - 1;
  w.forget();
  CHECK(w.say('B', report));
  w.run(1s);
  CHECK_EQUAL(w.heard('B'), "gone, duty 1 by A +B -B, committed 2, welcome 2, ready 2 A");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(to say that one has a group does not let more people in) {
  mls_world w;
  std::size_t in = 0;
  for (unsigned i = 0; i < 60; ++i) {
    test::mls_maker maker{w.link, person(static_cast<char>(i + 1)), i + 1};
    in += w.service->enter(w.now, maker.id(), w.link.admission.pub(),
                           test::share(maker.key_package()), 7) == entry_result::in;
    w.service->take();
    w.service->leave(w.now, maker.id());
  }
  CHECK_EQUAL(in, 48u);
}

TEST(the log of a group has an end) {
  mls_world w{0, {1, {8, 1 << 20}}};
  w.enter_all("AB");
  w.run(1s);
  auto report = w.client('B').resume();
  w.rotate('A', 20, 6s);
  CHECK_EQUAL(w.service->log().last(), 21u);
  CHECK(!w.service->log().hash(12));
  CHECK(w.service->log().hash(13));
  CHECK_EQUAL(w.service->log().after(13, {64, 1 << 20}).size(), 8u);
  w.forget();
  CHECK(w.say('B', report)); // of before all of it
  w.run(1s);
  CHECK(w.heard('B').starts_with("gone"));
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a commit or Welcome that is too large is junk) {
  mls_call w{"AB"};
  auto& b = w.client('B');
  auto large = [](std::size_t n) { return test::share(base::buffer(n, std::byte{1})); };
  CHECK(w.say('B', to_delivery::commit{b.incarnation(), 1, large(max_commit + 1), nullptr}));
  auto good = b.commit(true);
  CHECK(w.say(
      'B', to_delivery::commit{good.incarnation, good.epoch, good.commit, large(max_welcome + 1)}));
  CHECK_EQUAL(w.service->totals().strikes, 2u);
  CHECK_EQUAL(w.service->epoch().value(), 1u);
}

TEST(a Welcome goes to who was added and to nobody else) {
  mls_call w{"AB"};
  std::string welcomed;
  w.lets_through = [&](const auto& to, const auto& message) {
    if (std::holds_alternative<from_delivery::welcome>(message.body))
      welcomed += test::name_of(to);
    return true;
  };
  w.enter_all("CD");
  w.run(1s);
  CHECK_EQUAL(welcomed, "CD");
  CHECK(w.say('C', w.client('C').join()));
  w.run(1s);
  CHECK_EQUAL(welcomed, "CDC");
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a committer cannot leave somebody waiting for long) {
  mls_call w{"ABC"};
  // A commits as fast as it may, but never what is wanted.
  std::function<void()> spite = [&] {
    w.service->receive(w.now, person('A'), w.client('A').commit(true));
    w.at(w.now + 100ms, spite);
  };
  w.lets_through = [](const auto& to, const auto& message) {
    return to != person('A') ||
           !std::holds_alternative<from_delivery::commit_request>(message.body);
  };
  spite();
  w.run(10ms);
  w.enter('D');
  w.run(6s);
  CHECK(w.client('D').in());
}

TEST(a member that floods changes little for the others) {
  mls_call w{"ABC"};
  std::size_t said = 0;
  w.lets_through = [&](const auto& to, const auto&) {
    said += to == person('A');
    return true;
  };
  auto& b = w.client('B');
  auto flood = [&] {
    auto say = [&](to_delivery::message m) {
      w.service->receive(w.now, person('B'), std::move(m));
    };
    auto other = b.tag();
    other[0] ^= std::byte{1};
    say(to_delivery::ready{b.incarnation(), b.epoch(), other, {}});
    say(to_delivery::forked{b.incarnation(), b.epoch()});
    say(to_delivery::founded{b.incarnation(), b.group_id()});
    say(to_delivery::visible{false});
    say(b.resume());
    say(to_delivery::commit{b.incarnation(), b.epoch(), test::share(base::buffer(100)), nullptr});
    say(to_delivery::join{test::share(b.maker().key_package())});
  };
  for (int ms = 0; ms < 20'000; ms += 10)
    w.at(w.now + std::chrono::milliseconds{ms}, flood);
  w.run(5s);
  w.enter('D');
  w.run(15s);
  CHECK(w.client('A').in());
  CHECK(w.client('C').in());
  CHECK(w.client('D').in());
  CHECK(said < 400);
  w.leave('B');
  w.run(1s);
  CHECK_EQUAL(w.disagreement(), "");
}
