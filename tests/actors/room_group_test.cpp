// The group of a room, through peers and with real time limits.
#define CAF_SUITE room_group
#include "actors/errc.hpp"
#include "cast.hpp"
#include "support/mls_client.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

/// A member that answers, behind its peer.
struct page {
  page(const test::mls_link& link, char name, std::uint64_t seed)
    : client(link, test::member(name), seed) {}
  test::mls_client client;
  test::fake_sink_ptr sink;
  msg::attached attached;
  std::size_t read = 0;    // of the sink's messages
  std::uint32_t said = 0;  // numbered messages
  std::uint32_t heard = 0; // the highest number
  bool frozen = false;
};

struct group_cast : test::cast {
  test::mls_link link{5};
  room_config settings = config();
  std::uint64_t starts = 0;
  room_actor room = open();
  std::map<char, std::unique_ptr<page>> pages;
  std::uint64_t seeds = 0;

  room_actor open() {
    auto c = settings;
    c.cap = 16;
    c.first_incarnation = [n = ++starts] { return 1000 * n; };
    return spawn_room(*self, link.tag, std::make_shared<const room_config>(std::move(c)));
  }

  msg::join join_with(page& p, base::buffer key_package, std::optional<std::uint64_t> group = {}) {
    p.sink = test::new_sink();
    p.read = 0;
    p.said = 0;
    p.heard = 0;
    return {link.tag,
            p.client.id(),
            test::share(std::move(key_package)),
            test::bytes_of("name"),
            test::share(base::to_buffer(link.admission.pub())),
            group,
            p.sink};
  }
  page& join(char name) {
    auto& p = pages[name];
    p = std::make_unique<page>(link, name, ++seeds);
    p->attached = ask<msg::attached>(room, join_with(*p, p->client.fresh()));
    return *p;
  }
  void join_all(std::string_view names) {
    for (char name : names)
      join(name);
  }

  void say(page& p, e2ee::mls::to_delivery::message m) {
    if (p.attached.peer)
      tell(p.attached.peer, msg::mls{++p.said, std::move(m)});
  }

  /// Everybody answers what it heard, at once.
  bool answer() {
    bool some = false;
    for (auto& [name, p] : pages)
      while (!p->frozen && p->read < p->sink->messages.size()) {
        auto m = p->sink->messages[p->read++];
        const auto* event = std::get_if<signal::event>(&m);
        if (!event)
          continue;
        tell(p->attached.peer, msg::acknowledge{++p->heard});
        if (const auto* mls = std::get_if<signal::mls>(event))
          for (auto& todo : p->client.hear(*mls)) {
            const auto* commit = std::get_if<e2ee::mls::to_delivery::commit>(&todo.message);
            if (commit && todo.after >= 700)
              continue; // somebody else's turn
            auto* join = std::get_if<e2ee::mls::to_delivery::join>(&todo.message);
            say(*p, join ? e2ee::mls::to_delivery::message{p->client.join()} : todo.message);
            some = true;
          }
      }
    return some;
  }
  void play(caf::timespan time) {
    for (auto end = sched.clock().now() + time; sched.clock().now() < end;) {
      while (answer()) {
      }
      advance(10ms);
    }
    while (answer()) {
    }
  }

  bool agree(std::string_view names) {
    const auto& first = pages[names.front()]->client;
    return std::all_of(names.begin(), names.end(), [&](char name) {
      const auto& c = pages[name]->client;
      return c.in() && !c.broken() && c.epoch() == first.epoch() && c.tag() == first.tag() &&
             c.incarnation() == first.incarnation() && c.roster().size() == names.size();
    });
  }
  void leave(char name) { tell(pages[name]->attached.peer, msg::leave{}); }
  void vanish(char name) {
    auto& a = pages[name]->attached;
    tell(a.peer, msg::detached{a.attachment});
  }
  void resume(char name) {
    auto& p = *pages[name];
    p.sink = test::new_sink();
    p.read = 0;
    p.attached = ask<msg::attached>(room, msg::resume{link.tag, p.client.id(), p.heard, p.sink});
  }
  std::uint64_t count(std::string_view name) { return counter(status_of(room, "room"), name); }
};

} // namespace

FIXTURE_SCOPE(room_group_tests, group_cast)

TEST(sixteen people get one group) {
  join_all("ABCDEFGHIJKLMNOP");
  play(500ms);
  CHECK(agree("ABCDEFGHIJKLMNOP"));
  CHECK_EQUAL(count("group_members"), 16u);
  CHECK_EQUAL(count("epoch"), 1u);
  CHECK_EQUAL(count("strikes"), 0u);
}

TEST(the welcome of the room comes before anything of the group) {
  auto& a = join('A');
  CHECK_EQUAL(a.sink->said(), "1 welcome, 2 mls found");
}

TEST(a wrong key package keeps one out and leaves no trace) {
  auto p = std::make_unique<page>(link, 'A', 9);
  auto key_package = p->client.fresh();
  key_package.back() ^= std::byte{1};
  CHECK(refuse<msg::attached>(room, join_with(*p, key_package)) == errc::key_package);
  CHECK_EQUAL(count("members"), 0u);
}

TEST(a join without a key package of the room is refused) {
  join('A');
  auto p = std::make_unique<page>(link, 'B', 9);
  auto interim = test::mls_writer{}.num(0, 1).raw(base::buffer(32)).out;
  for (auto& form : {base::buffer{}, interim,
                     test::mls_maker{test::mls_link{6}, p->client.id(), 9}.key_package()})
    CHECK(refuse<msg::attached>(room, join_with(*p, form)) == errc::key_package);
  CHECK_EQUAL(count("members"), 1u);
  CHECK_EQUAL(pages['A']->sink->heard(), "welcome");
}

TEST(a member that leaves or crashes is removed from the group) {
  join_all("ABCD");
  play(200ms);
  leave('B');
  play(200ms);
  kill(pages['C']->attached.peer);
  pages['C']->frozen = pages['B']->frozen = true;
  play(200ms);
  CHECK(agree("AD"));
  CHECK_EQUAL(count("epoch"), 3u);
}

TEST(ten seconds without a socket cost the leaf and thirty the seat) {
  join_all("AB");
  play(200ms);
  auto& b = *pages['B'];
  vanish('B');
  b.frozen = true;
  play(9s);
  CHECK_EQUAL(count("group_members"), 2u);
  play(2s);
  CHECK_EQUAL(count("group_members"), 1u);
  CHECK_EQUAL(count("members"), 2u);
  b.frozen = false;
  resume('B');
  play(1s); // its removal is among what it missed: it joined again
  CHECK(agree("AB"));
}

TEST(a member that replaces its older one gets a new leaf by the commit that removes the old leaf) {
  join_all("ABC");
  play(200ms);
  pages['B']->frozen = true;
  auto& d = pages['D'];
  d = std::make_unique<page>(link, 'D', ++seeds);
  auto m = join_with(*d, d->client.fresh());
  m.replaces = test::member('B');
  d->attached = ask<msg::attached>(room, m);
  play(200ms);
  CHECK(agree("ACD"));
  CHECK_EQUAL(count("epoch"), 2u);
  CHECK_EQUAL(count("groups"), 1u);
}

TEST(a member that replaces its older one in an otherwise empty room founds a new group) {
  join('A');
  play(200ms);
  pages['A']->frozen = true;
  auto& b = pages['B'];
  b = std::make_unique<page>(link, 'B', ++seeds);
  auto m = join_with(*b, b->client.fresh());
  m.replaces = test::member('A');
  b->attached = ask<msg::attached>(room, m);
  play(200ms);
  CHECK(agree("B"));
}

TEST(a socket that changes loses nothing) {
  join_all("AB");
  play(200ms);
  vanish('B');
  pages['B']->frozen = true;
  join('C');
  play(200ms);
  pages['B']->frozen = false;
  resume('B');
  play(200ms);
  CHECK(agree("ABC"));
  CHECK_EQUAL(count("groups"), 1u);
}

TEST(a message sent again over a second socket counts once) {
  join_all("AB");
  play(200ms);
  auto& b = *pages['B'];
  auto rotation = b.client.commit(true);
  say(b, rotation);
  tell(b.attached.peer, msg::mls{b.said, rotation});
  play(200ms);
  CHECK_EQUAL(count("epoch"), 2u);
  CHECK_EQUAL(count("commits_rejected"), 0u);
  CHECK(agree("AB"));
}

TEST(when the committer dies the next member is asked at once) {
  join_all("ABC");
  play(200ms);
  pages['A']->frozen = true;
  join('D');
  play(100ms);
  CHECK(!pages['D']->client.in());
  vanish('A');
  play(30ms);
  CHECK(pages['D']->client.in());
}

TEST(a member that says what nobody says is sent away) {
  join_all("AB");
  play(200ms);
  auto& b = *pages['B'];
  b.sink->said();
  say(b, e2ee::mls::to_delivery::join{test::bytes_of("junk")});
  CHECK_EQUAL(b.sink->said(), "fault");
  b.frozen = true;
  play(200ms);
  CHECK_EQUAL(count("group_members"), 1u);
}

TEST(after a crash of the room its members go on in their group) {
  join_all("ABC");
  play(200ms);
  auto incarnation = pages['A']->client.incarnation();
  kill(room);
  room = open();
  for (char name : {'A', 'B', 'C'}) {
    auto& p = *pages[name];
    auto again = join_with(p, p.client.maker().key_package(), p.client.incarnation());
    p.attached = ask<msg::attached>(room, again);
    say(p, p.client.resume());
  }
  play(200ms);
  CHECK(agree("ABC"));
  CHECK_EQUAL(pages['A']->client.incarnation(), incarnation);
  CHECK_EQUAL(count("group_members"), 3u);
  join('D');
  play(200ms);
  CHECK(agree("ABCD"));
}

TEST(an empty room with a group closes in time) {
  join_all("AB");
  play(200ms);
  leave('A');
  leave('B');
  pages.clear();
  advance(59s);
  CHECK(is_alive(room.address()));
  advance(1s);
  CHECK(!is_alive(room.address()));
}

TEST(a message for all reaches all others within its rate limit) {
  join_all("ABC");
  play(200ms);
  for (auto& [name, p] : pages) {
    p->sink->said();
    p->frozen = true;
  }
  auto& a = *pages['A'];
  tell(a.attached.peer, msg::app{++a.said, test::bytes_of("hello")});
  CHECK_EQUAL(a.sink->said(), "");
  CHECK(pages['B']->sink->said().ends_with("app A hello"));
  CHECK(pages['C']->sink->said().ends_with("app A hello"));
  auto before = count("passed_on");
  for (int i = 0; i < 100; ++i)
    tell(a.attached.peer, msg::app{++a.said, test::bytes_of("again")});
  CHECK_EQUAL(count("passed_on") - before, 59u);
}

FIXTURE_SCOPE_END()
