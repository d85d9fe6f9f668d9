#define CAF_SUITE mls_message
#include "e2ee/mls/message.hpp"

#include "e2ee/mls/golden.hpp"

using namespace catchup;
using namespace catchup::e2ee::mls;
using test::golden_rooms;

namespace {

base::buffer operator+(base::buffer head, base::const_bytes tail) {
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

base::buffer hex(std::string_view text) { return *base::from_hex(text); }

// Every cut, one byte more, and a different length field make it something else.
template <class Parse>
void check_edges(const base::buffer& message, Parse parse) {
  REQUIRE(parse(message));
  for (std::size_t n = 0; n < message.size(); ++n) {
    auto cut = parse(base::const_bytes{message}.first(n));
    if (cut)
      FAIL_TEST("parsed a message cut to " << n);
  }
  auto longer = parse(message + hex("00"));
  REQUIRE(!longer);
  CHECK(longer.error() == parse_error::malformed);
}

// Known answers of the MLS working group. A part of them is in tests/data; where
// the complete set lies beside the repository it is checked as well.
std::vector<test::json> official_items(const std::string& part) {
  auto some = test::read_json("tests/data/mls-vectors.json");
  REQUIRE(some);
  auto out = (*some)[part].items;
  auto path = "../shared/vectors/mls-" + part + ".json";
  if (auto all = test::read_json(path))
    out.insert(out.end(), all->items.begin(), all->items.end());
  else
    CAF_MESSAGE("only a part: no " << path << " beside the repository");
  return out;
}

std::vector<std::string> official(const std::string& name) {
  static const auto items = official_items("messages");
  std::vector<std::string> out;
  for (const auto& item : items)
    out.push_back(item[name].text);
  return out;
}

} // namespace

TEST(vectors have lengths of one two or four bytes) {
  std::vector<std::pair<std::string, std::size_t>> heads{
      {"00", 0}, {"3f", 63}, {"4040", 64}, {"7fff", 16383}, {"80004000", 16384}};
  for (const auto& item : official_items("deserialization"))
    heads.emplace_back(item["vlbytes_header"].text, item["length"].number());
  for (const auto& [head, length] : heads) {
    if (length > 1 << 20)
      continue; // as much memory as that is not worth it
    auto encoded = hex(head) + base::buffer(length, std::byte{7});
    cursor in{encoded};
    CHECK_EQUAL(in.vector().size(), length);
    CHECK(in.ok() && in.left() == 0);
    base::buffer again;
    append_vector(again, base::buffer(length, std::byte{7}));
    CHECK(again == encoded);
    cursor cut{base::const_bytes{encoded}.first(encoded.size() - 1)};
    CHECK(cut.vector().empty());
    CHECK(!cut.ok());
  }
}

TEST(a length that is longer than it needs to be is refused) {
  for (auto head : {"4000", "403f", "80000000", "8000003f", "80003fff", "c000000000000000"}) {
    auto encoded = hex(head) + base::buffer(20000);
    cursor in{encoded};
    in.vector();
    CHECK(!in.ok());
  }
}

TEST(the key packages of the web app are what it says they are) {
  for (const auto& room : golden_rooms()) {
    for (std::size_t i = 0; i < room->key_packages.size(); ++i) {
      auto parsed = parse_key_package(room->key_packages[i]);
      REQUIRE(parsed);
      CHECK_EQUAL(parsed->suite, room->room.suite);
      CHECK_EQUAL(base::to_hex(key_package_ref(*parsed)), base::to_hex(room->refs[i]));
      CHECK_EQUAL(parsed->leaf.not_after - parsed->leaf.not_before, 24u * 3600);
      CHECK(base::equal(parsed->whole, base::const_bytes{room->key_packages[i]}.subspan(4)));
    }
  }
}

TEST(the commits and Welcomes of the web app are what it says they are) {
  for (const auto& room : golden_rooms()) {
    const auto& items = room->data["commits"].items;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto& [commit, welcome, message, welcome_message] = room->commits[i];
      const auto& said = items[i];
      CHECK(base::equal(commit.group_id, room->group_id));
      CHECK_EQUAL(commit.epoch, said["epoch"].number());
      CHECK(commit.sender == sender_type::member);
      CHECK_EQUAL(commit.sender_leaf, said["sender"].number());
      CHECK_EQUAL(commit.path_leaf.has_value(), said["path"].number() == 1);
      CHECK_EQUAL(commit.others, 0u);
      REQUIRE_EQUAL(commit.adds.size(), said["adds"].items.size());
      for (std::size_t a = 0; a < commit.adds.size(); ++a)
        CHECK_EQUAL(base::to_hex(key_package_ref(commit.adds[a])), said["adds"].items[a].text);
      REQUIRE_EQUAL(commit.removes.size(), said["removes"].items.size());
      for (std::size_t r = 0; r < commit.removes.size(); ++r)
        CHECK_EQUAL(commit.removes[r], said["removes"].items[r].number());
      CHECK_EQUAL(welcome.has_value(), !commit.adds.empty());
      if (welcome) {
        CHECK_EQUAL(welcome->suite, room->room.suite);
        CHECK_EQUAL(welcome->refs.size(), commit.adds.size());
      }
    }
  }
}

TEST(a message that is cut or continued is refused) {
  for (const auto& room : golden_rooms()) {
    check_edges(room->key_packages.front(), parse_key_package);
    for (const auto& made : room->commits) {
      check_edges(made.message, parse_commit);
      if (made.welcome)
        check_edges(made.welcome_message, parse_welcome);
    }
  }
}

TEST(messages of another kind are refused as such) {
  const auto& room = *golden_rooms().front();
  auto application = room.data["application"].hex();
  const auto& made = room.commits.front();
  for (const auto& other : {application, made.message, made.welcome_message})
    CHECK(parse_key_package(other).error() == parse_error::wrong_kind);
  for (const auto& other : {application, made.welcome_message, room.key_packages.front()})
    CHECK(parse_commit(other).error() == parse_error::wrong_kind);
  for (const auto& other : {application, made.message, room.key_packages.front()})
    CHECK(parse_welcome(other).error() == parse_error::wrong_kind);
  auto next_version = made.message;
  next_version[1] = std::byte{2};
  CHECK(parse_commit(next_version).error() == parse_error::wrong_kind);
}

TEST(messages that are too large are refused before they are looked at) {
  CHECK(parse_key_package(base::buffer(8 * 1024 + 1)).error() == parse_error::too_large);
  CHECK(parse_commit(base::buffer(64 * 1024 + 1)).error() == parse_error::too_large);
  CHECK(parse_welcome(base::buffer(128 * 1024 + 1)).error() == parse_error::too_large);
  CHECK(parse_welcome(base::buffer(128 * 1024)).error() == parse_error::wrong_kind);
}

TEST(lists with too many entries are refused) {
  // Version, wire format, no group id, epoch, member 0, no data, commit.
  auto head = hex("0001000100000000000000000001000000000003");
  base::buffer removes, refs, secrets;
  for (int i = 0; i < 65; ++i) {
    removes = removes + hex("010003") + hex("00000000");
    secrets = secrets + hex("000000");
  }
  for (int count : {64, 65}) {
    auto message = head;
    append_vector(message, base::const_bytes{removes}.first(7 * count));
    message = message + hex("00"
                            "000000");
    auto parsed = parse_commit(message);
    CHECK_EQUAL(static_cast<bool>(parsed), count == 64);
    auto welcome = hex("000100030001");
    append_vector(welcome, base::const_bytes{secrets}.first(3 * count));
    welcome = welcome + hex("00");
    auto invited = parse_welcome(welcome);
    CHECK_EQUAL(static_cast<bool>(invited), count == 64);
    if (count == 65) {
      CHECK(parsed.error() == parse_error::too_many);
      CHECK(invited.error() == parse_error::too_many);
    }
  }
}

TEST(proposals of kinds that have no known end are refused) {
  auto head = hex("0001000100000000000000000001000000000003");
  auto tail = hex("00000000");
  for (auto list : {"01f0010400000000", "010000", "010008", "00", "03"}) {
    auto message = head;
    append_vector(message, hex(list));
    CHECK(!parse_commit(message + tail));
  }
}

TEST(all official key packages are read and nothing of them is lost) {
  for (const auto& text : official("mls_key_package")) {
    auto message = hex(text);
    auto parsed = parse_key_package(message);
    REQUIRE(parsed);
    CHECK(base::equal(parsed->whole, base::const_bytes{message}.subspan(4)));
    CHECK_EQUAL(parsed->leaf.signature_key.size(), parsed->suite == 2 ? 65u : 32u);
  }
}

TEST(all official proposals are read when they are in a commit) {
  auto head = hex("0001000100000000000000000001000000000003");
  const std::pair<const char*, const char*> kinds[] = {
      {"add_proposal", "010001"},
      {"update_proposal", "010002"},
      {"remove_proposal", "010003"},
      {"pre_shared_key_proposal", "010004"},
      {"re_init_proposal", "010005"},
      {"external_init_proposal", "010006"},
      {"group_context_extensions_proposal", "010007"}};
  for (const auto& [name, kind] : kinds)
    for (const auto& text : official(name)) {
      auto proposal = hex(kind) + hex(text);
      auto message = head;
      append_vector(message, proposal + proposal);
      auto parsed = parse_commit(message + hex("00"
                                               "000000"));
      REQUIRE(parsed);
      CHECK_EQUAL(
          parsed->adds.size() + parsed->removes.size() + parsed->psks.size() + parsed->others, 2u);
    }
}

TEST(all official commits and Welcomes are read) {
  std::size_t with_path = 0, adds = 0, others = 0;
  for (const auto& text : official("public_message_commit")) {
    auto message = hex(text);
    auto parsed = parse_commit(message);
    REQUIRE(parsed);
    with_path += parsed->path_leaf.has_value();
    adds += parsed->adds.size();
    others += parsed->others;
    CHECK_EQUAL(parsed->confirmation_tag.size() % 16, 0u);
  }
  CAF_MESSAGE("with path " << with_path << ", adds " << adds << ", others " << others);
  for (const auto& text : official("mls_welcome"))
    CHECK(parse_welcome(hex(text)));
}

TEST(other official messages are refused as such) {
  for (auto name : {"public_message_application", "public_message_proposal", "private_message",
                    "mls_group_info"})
    for (const auto& text : official(name))
      CHECK(parse_commit(hex(text)).error() == parse_error::wrong_kind);
}
