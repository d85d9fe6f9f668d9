// The messages of the group as bytes.
#define CAF_SUITE wire_mls
#include "support/wire_client.hpp"

#include "e2ee/mls/message.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http::wire;
using test::map_builder;
namespace from = e2ee::mls::from_delivery;
namespace to = e2ee::mls::to_delivery;

namespace {

const base::buffer group_id(32, std::byte{'g'});
const base::buffer tag(8, std::byte{'t'});
const base::buffer hash(32, std::byte{'h'});

base::buffer of(std::size_t size) { return base::buffer(size, std::byte{'x'}); }

/// Decodes a client's message, with bytes of its own.
std::optional<to::message> read(const mls& m) {
  auto bytes = test::encode(m);
  auto out = decode(base::as_bytes(bytes));
  if (!out || !std::holds_alternative<mls>(*out) || std::get<mls>(*out).n != m.n)
    return std::nullopt;
  return own(std::get<mls>(*out));
}

mls resume_with(base::const_bytes leaves) {
  mls m;
  m.kind = mls_kind::resume;
  m.n = 1;
  m.incarnation = max_number;
  m.epoch = 7;
  m.seq = 9;
  m.group_id = group_id;
  m.tag = tag;
  m.hash = hash;
  m.leaves = leaves;
  return m;
}

test::server_message said(from::body body, std::uint32_t n = 5) {
  auto bytes = encode(n, actors::signal::event{from::message{77, std::move(body)}});
  return test::server_message{base::as_text(bytes)};
}

base::member_id id(char c) {
  base::member_id out;
  out.value.fill(static_cast<std::byte>(c));
  return out;
}

e2ee::mls::shared_bytes shared(std::size_t size) {
  return std::make_shared<const base::buffer>(of(size));
}

} // namespace

TEST(what a client says of the group is read as it was written) {
  auto key_package = of(8192);
  auto join = read({mls_kind::join, 3, 0, 0, 0, key_package, {}, {}, {}, {}, {}, {}});
  REQUIRE(join);
  CHECK(*std::get<to::join>(*join).key_package == key_package);

  CHECK(!std::get<to::join>(*join).refused);
  test::map_builder refusing{4};
  refusing.text("t", "mls-join").number("n", 3).bin("key_package", key_package);
  auto refused_bytes = refusing.number("refused", 9).done();
  auto refused = decode(base::as_bytes(refused_bytes));
  REQUIRE(refused);
  CHECK_EQUAL(std::get<to::join>(*own(std::get<mls>(*refused))).refused.value(), 9u);

  auto founded = read({mls_kind::founded, 4, 12, 0, 0, {}, group_id, {}, {}, {}, {}, {}});
  REQUIRE(founded);
  CHECK_EQUAL(std::get<to::founded>(*founded).incarnation, 12u);
  CHECK(std::get<to::founded>(*founded).group_id == group_id);

  auto commit = of(65536), welcome = of(131072);
  mls largest{mls_kind::commit, 5, 12, 6, 0, {}, {}, commit, {}, {}, {}, welcome};
  auto committed = read(largest);
  REQUIRE(committed);
  CHECK_EQUAL(std::get<to::commit>(*committed).epoch, 6u);
  CHECK(*std::get<to::commit>(*committed).commit == commit);
  CHECK(*std::get<to::commit>(*committed).welcome == welcome);
  largest.welcome.reset();
  CHECK(std::get<to::commit>(*read(largest)).welcome == nullptr);

  auto ready = read({mls_kind::ready, 6, 12, 6, 0, {}, {}, {}, tag, hash, {}, {}});
  REQUIRE(ready);
  CHECK(base::equal(std::get<to::ready>(*ready).tag, tag));
  CHECK(base::equal(std::get<to::ready>(*ready).hash, hash));

  auto forked = read({mls_kind::forked, 7, 12, 6, 0, {}, {}, {}, {}, {}, {}, {}});
  REQUIRE(forked);
  CHECK_EQUAL(std::get<to::forked>(*forked).epoch, 6u);

  for (bool on : {false, true}) {
    auto visible = read({mls_kind::visible, 8, 0, 0, 0, {}, {}, {}, {}, {}, {}, {}, on});
    REQUIRE(visible);
    CHECK_EQUAL(std::get<to::visible>(*visible).on, on);
  }
  test::map_builder number{3};
  number.text("t", "mls-visible").number("n", 8).number("on", 1);
  CHECK(!decode(base::as_bytes(number.done())));

  base::buffer leaves = of(34);
  leaves[0] = std::byte{0};
  leaves[17] = std::byte{3};
  auto resume = read(resume_with(leaves));
  REQUIRE(resume);
  const auto& r = std::get<to::resume>(*resume);
  CHECK_EQUAL(r.incarnation, max_number);
  CHECK_EQUAL(r.seq, 9u);
  CHECK((r.leaves == e2ee::mls::roster{{0, id('x')}, {3, id('x')}}));
}

TEST(leaves are whole and ascending and sixteen at most) {
  auto leaves = of(33);
  CHECK(!read(resume_with(leaves)));
  leaves = of(34); // the same leaf twice
  CHECK(!read(resume_with(leaves)));
  leaves = of(17 * 16);
  for (std::size_t i = 0; i < 16; ++i)
    leaves[17 * i] = static_cast<std::byte>(i);
  CHECK(read(resume_with(leaves)));
  leaves.resize(17 * 17, std::byte{99});
  CHECK(!read(resume_with(leaves)));
}

TEST(one byte or one unit too much is refused) {
  auto key_package = of(8193), commit = of(65537), welcome = of(131073), good = of(100);
  CHECK(!read({mls_kind::join, 3, 0, 0, 0, key_package, {}, {}, {}, {}, {}, {}}));
  CHECK(!read({mls_kind::commit, 5, 12, 6, 0, {}, {}, commit, {}, {}, {}, {}}));
  CHECK(!read({mls_kind::commit, 5, 12, 6, 0, {}, {}, good, {}, {}, {}, welcome}));
  CHECK(read({mls_kind::commit, 5, max_number, 6, 0, {}, {}, good, {}, {}, {}, {}}));
  CHECK(!read({mls_kind::commit, 5, max_number + 1, 6, 0, {}, {}, good, {}, {}, {}, {}}));
  CHECK(!read({mls_kind::commit, 0, 12, 6, 0, {}, {}, good, {}, {}, {}, {}}));
  CHECK(!read({mls_kind::founded, 4, 12, 0, 0, {}, tag, {}, {}, {}, {}, {}}));
  CHECK(!read({mls_kind::ready, 6, 12, 6, 0, {}, {}, {}, hash, tag, {}, {}}));
}

TEST(what the delivery service says has the fields of the protocol) {
  from::commit_request duty{6, id('c'), {{id('a'), shared(3)}}, {{id('r'), 2}}};
  auto m = said(duty);
  CHECK_EQUAL(m.t(), "mls-duty");
  CHECK_EQUAL(m.fields(), 7u);
  CHECK_EQUAL(m.number("n"), 5u);
  CHECK_EQUAL(m.number("incarnation"), 77u);
  CHECK_EQUAL(m.number("epoch"), 6u);
  CHECK_EQUAL(m.text("committer"), std::string(16, 'c'));
  CHECK_EQUAL(m.at("adds", 0).text("id"), std::string(16, 'a'));
  CHECK_EQUAL(m.at("adds", 0).text("key_package"), "xxx");
  CHECK_EQUAL(m.at("removes", 0).text("id"), std::string(16, 'r'));
  CHECK_EQUAL(m.at("removes", 0).number("leaf"), 2u);

  m = said(from::committed{4, 6, shared(9), {}});
  CHECK_EQUAL(m.t(), "mls-committed");
  CHECK_EQUAL(m.fields(), 7u);
  CHECK_EQUAL(m.number("seq"), 4u);
  CHECK_EQUAL(m.text("commit"), "xxxxxxxxx");
  CHECK_EQUAL(m.text("hash").size(), 32u);

  m = said(from::welcome{4, 6, {}, shared(2)});
  CHECK_EQUAL(m.t(), "mls-welcome");
  CHECK_EQUAL(m.text("welcome"), "xx");
  m = said(from::rejected{6, from::rejection::stale});
  CHECK_EQUAL(m.text("reason"), "stale");
  m = said(from::ready{6, id('a'), {}});
  CHECK_EQUAL(m.t(), "mls-ready");
  CHECK_EQUAL(m.text("tag").size(), 8u);
  CHECK_EQUAL(said(from::left{id('a')}).text("id"), std::string(16, 'a'));
  CHECK_EQUAL(said(from::resumed{4}).number("seq"), 4u);
  for (auto [body, type] : {std::pair{from::body{from::found{}}, "mls-found"},
                            std::pair{from::body{from::reset{}}, "mls-reset"},
                            std::pair{from::body{from::gone{}}, "mls-gone"}}) {
    m = said(body);
    CHECK_EQUAL(m.t(), type);
    CHECK_EQUAL(m.fields(), 3u);
  }
}

TEST(a message for all is read and handed on) {
  auto data = of(32768);
  auto bytes = test::encode(app{9, data});
  auto m = decode(base::as_bytes(bytes));
  REQUIRE(m);
  CHECK(base::equal(std::get<app>(*m).data, data));
  data = of(32769);
  bytes = test::encode(app{9, data});
  CHECK(!decode(base::as_bytes(bytes)));
  auto out = encode(3, actors::signal::event{actors::signal::app{id('a'), shared(4)}});
  test::server_message said{base::as_text(out)};
  CHECK_EQUAL(said.t(), "app");
  CHECK_EQUAL(said.text("from"), std::string(16, 'a'));
  CHECK_EQUAL(said.text("data"), "xxxx");
}
