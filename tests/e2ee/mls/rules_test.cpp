#define CAF_SUITE mls_rules
#include "e2ee/mls/rules.hpp"

#include "e2ee/mls/golden.hpp"

using namespace catchup;
using namespace catchup::e2ee::mls;
using test::golden_room;
using test::golden_rooms;

namespace {

// The three commits of a room: two are added; the third member rotates; the
// second is added again while it and the third are removed.
struct replay {
  const golden_room& room;
  leaf_map leaves;
  std::vector<std::uint32_t> leaving;
  std::size_t n = 0;

  explicit replay(const golden_room& in, std::size_t upto = 0) : room(in), leaves(in.founder) {
    while (n < upto)
      accept();
    if (n == 2)
      leaving = {1, 2};
  }

  const test::golden_commit& made() const { return room.commits[n]; }

  expectation expected() const {
    return {room.room, room.group_id, n, &leaves, *leaves.at(made().commit.sender_leaf),
            room.refs, leaving};
  }

  const welcome_message* welcome() const { return made().welcome ? &*made().welcome : nullptr; }

  base::result<void, commit_fault> check() const { return check(made().commit, expected()); }

  base::result<void, commit_fault> check(const commit_message& commit,
                                         const expectation& now) const {
    return check_commit(commit, welcome(), now);
  }

  void accept() {
    leaves.apply(made().commit.removes, added_members(made().commit));
    ++n;
  }
};

} // namespace

TEST(the commits of the web app are taken one after the other) {
  for (const auto& room : golden_rooms()) {
    for (std::size_t n = 0; n < room->commits.size(); ++n)
      CHECK(replay(*room, n).check());
    replay all{*room, room->commits.size() - 1};
    all.accept();
    CHECK_EQUAL(all.leaves.size(), 2u);
    CHECK(all.leaves.at(0) == room->founder);
    CHECK(all.leaves.at(1) == room->members[2]);
    CHECK(!all.leaves.at(2));
  }
}

TEST(a commit of another group or epoch is refused) {
  replay r{*golden_rooms().front()};
  auto now = r.expected();
  now.epoch = 1;
  CHECK(r.check(r.made().commit, now) == commit_fault::epoch);
  now = r.expected();
  now.group_id = r.room.admission_key;
  CHECK(r.check(r.made().commit, now) == commit_fault::group);
}

TEST(a commit is refused from anybody but the member on its leaf) {
  replay r{*golden_rooms().front(), 1};
  auto now = r.expected();
  now.sender = r.room.founder;
  CHECK(r.check(r.made().commit, now) == commit_fault::sender);
  auto commit = r.made().commit;
  commit.sender_leaf = 7;
  CHECK(r.check(commit, r.expected()) == commit_fault::sender);
  commit.sender_leaf = 0;
  CHECK(r.check(commit, r.expected()) == commit_fault::sender);
  commit = r.made().commit;
  commit.sender = sender_type::new_member_commit;
  CHECK(r.check(commit, r.expected()) == commit_fault::sender);
}

TEST(a commit has no other proposals and no data of its own) {
  replay r{*golden_rooms().front()};
  auto commit = r.made().commit;
  commit.others = 1;
  CHECK(r.check(commit, r.expected()) == commit_fault::proposal);
  commit = r.made().commit;
  commit.authenticated_data = r.room.group_id;
  CHECK(r.check(commit, r.expected()) == commit_fault::proposal);
}

TEST(a commit has a signature and tags of the length of its suite) {
  for (const auto& room : golden_rooms()) {
    replay r{*room};
    for (auto field : {&commit_message::signature, &commit_message::confirmation_tag,
                       &commit_message::membership_tag}) {
      auto commit = r.made().commit;
      commit.*field = (commit.*field).first((commit.*field).size() - 1);
      CHECK(r.check(commit, r.expected()) == commit_fault::proof);
    }
  }
}

TEST(exactly one key of the room is in a commit that adds or removes) {
  for (const auto& room : golden_rooms()) {
    replay r{*room};
    auto commit = r.made().commit;
    commit.psks.push_back(commit.psks.front());
    CHECK(r.check(commit, r.expected()) == commit_fault::psk);
    commit.psks.clear();
    CHECK(r.check(commit, r.expected()) == commit_fault::psk);
    commit = r.made().commit;
    commit.psks.front().id = room->group_id;
    CHECK(r.check(commit, r.expected()) == commit_fault::psk);
    commit = r.made().commit;
    commit.psks.front().external = false;
    CHECK(r.check(commit, r.expected()) == commit_fault::psk);
    commit = r.made().commit;
    commit.psks.front().nonce = commit.psks.front().nonce.first(31);
    CHECK(r.check(commit, r.expected()) == commit_fault::psk);
    replay rotation{*room, 1};
    auto rotating = rotation.made().commit;
    rotating.psks = r.made().commit.psks;
    CHECK(rotation.check(rotating, rotation.expected()) == commit_fault::psk);
  }
}

TEST(a path is there when somebody goes or nothing changes and only then) {
  const auto& room = *golden_rooms().front();
  replay adding{room}, rotating{room, 1}, removing{room, 2};
  auto commit = adding.made().commit;
  commit.path_leaf = rotating.made().commit.path_leaf;
  CHECK(adding.check(commit, adding.expected()) == commit_fault::path);
  for (const auto* r : {&rotating, &removing}) {
    commit = r->made().commit;
    commit.path_leaf.reset();
    CHECK(r->check(commit, r->expected()) == commit_fault::path);
  }
}

TEST(the leaf of a path is that of the sender and signed by it) {
  const auto& room = *golden_rooms().front();
  replay rotating{room, 1}, removing{room, 2};
  auto commit = rotating.made().commit;
  commit.path_leaf = removing.made().commit.path_leaf;
  CHECK(rotating.check(commit, rotating.expected()) == commit_fault::path);
  commit = rotating.made().commit;
  commit.path_leaf->signature = removing.made().commit.path_leaf->signature;
  CHECK(rotating.check(commit, rotating.expected()) == commit_fault::path);
}

TEST(only those who were offered and are not in are added) {
  const auto& room = *golden_rooms().front();
  replay r{room};
  auto now = r.expected();
  now.offered = std::span{room.refs}.first(1);
  CHECK(r.check(r.made().commit, now) == commit_fault::add);
  auto commit = r.made().commit;
  commit.adds.push_back(commit.adds.front());
  CHECK(r.check(commit, r.expected()) == commit_fault::add);
  replay again{room};
  again.leaves.apply({}, added_members(again.made().commit));
  CHECK(again.check() == commit_fault::add);
}

TEST(only those who are to go are removed and nobody removes itself) {
  const auto& room = *golden_rooms().front();
  replay r{room, 2};
  r.leaving = {1};
  CHECK(r.check() == commit_fault::remove);
  r.leaving = {0, 1, 2, 9};
  CHECK(r.check());
  for (std::uint32_t leaf : {0u, 1u, 9u}) {
    auto commit = r.made().commit;
    commit.removes.push_back(leaf);
    CHECK(r.check(commit, r.expected()) == commit_fault::remove);
  }
}

TEST(a group has sixteen members at most) {
  replay r{*golden_rooms().front()};
  auto fill = [&](std::size_t size) {
    while (r.leaves.size() < size) {
      base::member_id somebody;
      somebody.value[0] = static_cast<std::byte>(r.leaves.size());
      r.leaves.apply({}, std::span{&somebody, 1});
    }
  };
  fill(14);
  CHECK(r.check());
  fill(15);
  CHECK(r.check() == commit_fault::full);
}

TEST(a Welcome is for exactly those who are added) {
  const auto& room = *golden_rooms().front();
  replay r{room};
  const auto& commit = r.made().commit;
  CHECK(check_commit(commit, nullptr, r.expected()) == commit_fault::welcome);
  auto welcome = *r.made().welcome;
  welcome.refs.pop_back();
  CHECK(check_commit(commit, &welcome, r.expected()) == commit_fault::welcome);
  welcome.refs.push_back(welcome.refs.front()); // the one twice, the other not at all
  CHECK(check_commit(commit, &welcome, r.expected()) == commit_fault::welcome);
  welcome.refs.back() = room.refs[2];
  CHECK(check_commit(commit, &welcome, r.expected()) == commit_fault::welcome);
  welcome = *r.made().welcome;
  welcome.suite = suite_xwing;
  CHECK(check_commit(commit, &welcome, r.expected()) == commit_fault::welcome);
  replay rotating{room, 1};
  CHECK(check_commit(rotating.made().commit, &*r.made().welcome, rotating.expected()) ==
        commit_fault::welcome);
}

TEST(new members get the first leaves that are free) {
  base::member_id people[6];
  for (unsigned i = 0; i < 6; ++i)
    people[i].value[0] = static_cast<std::byte>(i + 1);
  leaf_map leaves{people[0]};
  leaves.apply({}, std::span{people}.subspan(1, 3));
  CHECK(leaves.of(people[3]) == 3u);
  const std::uint32_t gone[] = {2, 0};
  leaves.apply(gone, std::span{people}.subspan(4, 2));
  CHECK(leaves.of(people[4]) == 0u);
  CHECK(leaves.of(people[5]) == 2u);
  CHECK(!leaves.of(people[0]));
  CHECK(leaves.at(1) == people[1]);
  CHECK_EQUAL(leaves.size(), 4u);
}
