#define CAF_SUITE mls_verify
#include "e2ee/mls/verify.hpp"

#include "e2ee/mls/golden.hpp"

using namespace catchup;
using namespace catchup::e2ee::mls;
using test::golden_rooms;

namespace {

// Where `part` is in `whole`, of which it is a view.
std::size_t offset(base::const_bytes part, base::const_bytes whole) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

base::result<void, key_package_fault> verify(const base::buffer& message,
                                             const room_parameters& room) {
  auto parsed = parse_key_package(message);
  REQUIRE(parsed);
  return verify_key_package(*parsed, room);
}

} // namespace

TEST(key packages of the room are good) {
  for (const auto& room : golden_rooms())
    for (std::size_t i = 0; i < room->key_packages.size(); ++i) {
      CHECK(verify(room->key_packages[i], room->room));
      auto parsed = parse_key_package(room->key_packages[i]);
      CHECK(member_of(parsed->leaf) == room->members[i]);
    }
}

TEST(key packages of another room are not ) {
  for (const auto& room : golden_rooms()) {
    auto other = room->room;
    other.tag.value[0] ^= std::byte{1};
    CHECK(verify(room->key_packages.front(), other) == key_package_fault::credential);
    auto key = room->admission_key;
    key[31] ^= std::byte{1};
    other = room->room;
    other.admission_key = key;
    CHECK(verify(room->key_packages.front(), other) == key_package_fault::credential);
  }
}

TEST(key packages of another suite are not ) {
  const auto& rooms = golden_rooms();
  auto other = rooms[0]->room;
  other.suite = suite_xwing;
  CHECK(verify(rooms[0]->key_packages.front(), other) == key_package_fault::parameters);
  CHECK(verify(rooms[1]->key_packages.front(), rooms[0]->room) == key_package_fault::parameters);
}

TEST(no byte of a key package can be changed) {
  const auto& room = *golden_rooms().front();
  for (std::size_t i = 0; i < room.key_packages.front().size(); ++i) {
    auto message = room.key_packages.front();
    message[i] ^= std::byte{0x20};
    auto parsed = parse_key_package(message);
    if (parsed && verify_key_package(*parsed, room.room))
      FAIL_TEST("accepted another byte " << i);
  }
}

TEST(each signature is looked at) {
  const auto& room = *golden_rooms().front();
  auto parsed = parse_key_package(room.key_packages.front());
  REQUIRE(parsed);
  for (auto part : {parsed->signature, parsed->leaf.signature}) {
    auto message = room.key_packages.front();
    message[offset(part, room.key_packages.front())] ^= std::byte{1};
    CHECK(verify(message, room.room) == key_package_fault::signature);
  }
  auto message = room.key_packages.front();
  message[offset(parsed->leaf.identity, room.key_packages.front()) + 17] ^= std::byte{1};
  CHECK(verify(message, room.room) == key_package_fault::credential);
}

TEST(the leaf of a path is signed for its group and its place) {
  for (const auto& room : golden_rooms()) {
    std::size_t paths = 0;
    for (const auto& [commit, welcome, message, welcome_message] : room->commits) {
      if (!commit.path_leaf)
        continue;
      ++paths;
      auto leaf = commit.sender_leaf;
      CHECK(verify_credential(*commit.path_leaf, room->room));
      auto good = *commit.path_leaf;
      CHECK(verify_path_leaf(good, room->room, room->group_id, leaf));
      CHECK(!verify_path_leaf(good, room->room, room->group_id, leaf + 1));
      CHECK(!verify_path_leaf(good, room->room, room->admission_key, leaf));
      auto other = room->room;
      other.admission_key = room->group_id;
      CHECK(!verify_path_leaf(good, other, room->group_id, leaf));
      // Members would refuse these although the signature is good.
      auto bad = good;
      bad.capabilities = bad.capabilities.first(bad.capabilities.size() - 1);
      CHECK(!verify_path_leaf(bad, room->room, room->group_id, leaf));
      bad = good;
      bad.extensions = room->group_id;
      CHECK(!verify_path_leaf(bad, room->room, room->group_id, leaf));
      bad = good;
      bad.encryption_key = bad.encryption_key.first(31);
      CHECK(!verify_path_leaf(bad, room->room, room->group_id, leaf));
    }
    CHECK_EQUAL(paths, 2u);
  }
}

TEST(a leaf of a key package is none of a path) {
  const auto& room = *golden_rooms().front();
  auto parsed = parse_key_package(room.key_packages.front());
  CHECK(!verify_path_leaf(parsed->leaf, room.room, {}, 0));
}
