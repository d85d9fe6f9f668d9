// Observers of a room: they are told every membership and its end.
#define CAF_SUITE membership
#include "actors/errc.hpp"
#include "cast.hpp"

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace {

struct membership_cast : test::cast {
  room_actor room = spawn_room(*self, test::room_tag('r'), settings());
  std::map<char, msg::attached> members;

  std::shared_ptr<const room_config> settings() {
    auto out = config();
    out.max_observers = 3;
    return std::make_shared<const room_config>(out);
  }

  membership_cast() {
    for (auto who : {'A', 'B'})
      join(who);
    memberships();
  }
  void join(char who) {
    members[who] = ask<msg::attached>(room, join_of('r', who, test::new_sink()));
  }
  void leave(char who) { tell(members[who].peer, msg::leave{}); }
  void operate(msg::operation what, char who) {
    tell(room, msg::operate{what, "peer", pseudonym_of(test::member(who)),
                            pseudonym_of(test::room_tag('r'))});
  }
  std::vector<base::member_id> observe(const membership_observer& by) {
    return ask<msg::observed>(room, msg::observe{test::room_tag('r'), by}).members;
  }
  /// Another observer, and what it was told.
  membership_observer another(const std::shared_ptr<std::string>& heard) {
    return sys.spawn([=](membership_observer::pointer) -> membership_observer::behavior_type {
      return {[=](const msg::membership& m) { *heard += test::name_of(m.member); }};
    });
  }
};

} // namespace

FIXTURE_SCOPE(membership_tests, membership_cast)

TEST(a membership begins once and ends once) {
  join('C');
  CHECK_EQUAL(memberships(), "joined C");
  leave('C');
  leave('A');
  CHECK_EQUAL(memberships(), "ended C, ended A");
}

TEST(a lost connection ends a membership only with its lease) {
  tell(members['A'].peer, msg::detached{members['A'].attachment});
  advance(29s);
  CHECK_EQUAL(memberships(), "");
  advance(1s);
  CHECK_EQUAL(memberships(), "ended A");
}

TEST(a member that the operator removes does not return ) {
  operate(msg::operation::kick, 'A');
  CHECK_EQUAL(memberships(), "ended A");
}

TEST(a member whose actor crashed or that broke a rule may return ) {
  kill(members['A'].peer);
  CHECK_EQUAL(memberships(), "may return A");
  tell(members['B'].peer, msg::app{7, test::bytes_of("a gap")});
  CHECK_EQUAL(memberships(), "may return B");
}

TEST(a newer member of the same person takes the place of an older one) {
  auto m = replacing('A', join_of('r', 'C', test::new_sink()));
  ask<msg::attached>(room, m);
  CHECK_EQUAL(memberships(), "ended A, joined C");
}

TEST(when a room crashes all its members may return ) {
  kill(room);
  CHECK_EQUAL(memberships(), "may return A, may return B");
}

TEST(a later observer gets the members of now and every change from then on) {
  auto heard = std::make_shared<std::string>();
  auto other = another(heard);
  CHECK((observe(other) == std::vector{test::member('A'), test::member('B')}));
  CHECK_EQUAL(*heard, "");
  leave('A');
  CHECK_EQUAL(*heard, "A");
  CHECK_EQUAL(memberships(), "ended A");
}

TEST(an observer that asks twice is told once) {
  auto heard = std::make_shared<std::string>();
  auto other = another(heard);
  observe(other);
  observe(other);
  leave('A');
  CHECK_EQUAL(*heard, "A");
}

TEST(beyond the limit observers are refused until one has ended) {
  auto heard = std::make_shared<std::string>();
  auto first = another(heard);
  observe(first);
  observe(another(heard));
  auto last = another(heard);
  CHECK(refuse<msg::observed>(room, msg::observe{test::room_tag('r'), last}) == errc::too_many);
  kill(first);
  observe(last);
  CHECK(is_alive(room.address()));
}

FIXTURE_SCOPE_END()
