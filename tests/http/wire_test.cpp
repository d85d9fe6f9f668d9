#define CAF_SUITE http_wire
#include "http/wire.hpp"

#include "http/support/wire_client.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http::wire;
using catchup::test::map_builder;
using catchup::test::read_message;

namespace {

namespace signal = actors::signal;

base::member_id id(char c) {
  base::member_id out;
  out.value.fill(static_cast<std::byte>(c));
  return out;
}

const std::string key(32, 'k'), signature(64, 's'), member(16, 'm');

auto decode_text(std::string_view bytes) { return decode(base::as_bytes(bytes)); }

/// Why a message is refused.
wire_error refusal(std::string_view bytes) {
  auto m = decode_text(bytes);
  REQUIRE(!m);
  return m.error();
}

std::string admit_message(std::size_t key_package = 33, std::size_t lobby = 20) {
  std::string k(key_package, 'p'), l(lobby, 'l');
  return test::encode(admit{base::as_bytes(key),
                            {},
                            id('m'),
                            base::as_bytes(k),
                            base::as_bytes(l),
                            base::as_bytes(signature),
                            {}});
}

signal::shared_bytes shared(std::string_view text) {
  return std::make_shared<const base::buffer>(base::to_buffer(base::as_bytes(text)));
}

} // namespace

TEST(every message of a client is read as it was written) {
  auto h_bytes = test::encode(hello{"room", "token", 17});
  auto h = decode_text(h_bytes);
  REQUIRE(h);
  CHECK_EQUAL(std::get<hello>(*h).room, "room");
  CHECK_EQUAL(*std::get<hello>(*h).resume, "token");
  CHECK_EQUAL(std::get<hello>(*h).ack, 17u);

  auto a_bytes = admit_message();
  auto a = decode_text(a_bytes);
  REQUIRE(a);
  CHECK_EQUAL(base::as_text(std::get<admit>(*a).admission_key), key);
  CHECK(std::get<admit>(*a).host_key.empty());
  CHECK(std::get<admit>(*a).member == id('m'));
  CHECK_EQUAL(std::get<admit>(*a).key_package.size(), 33u);
  CHECK_EQUAL(base::as_text(std::get<admit>(*a).signature), signature);
  CHECK(!std::get<admit>(*a).replaces);

  auto s_bytes = test::encode(app{5, base::as_bytes("data")});
  auto s = decode_text(s_bytes);
  REQUIRE(s);
  CHECK_EQUAL(std::get<app>(*s).n, 5u);
  CHECK_EQUAL(base::as_text(std::get<app>(*s).data), "data");

  auto p_bytes = test::encode(ping{9});
  auto p = decode_text(p_bytes);
  REQUIRE(p);
  CHECK_EQUAL(std::get<ping>(*p).ack, 9u);
  auto l_bytes = test::encode(leave{});
  auto l = decode_text(l_bytes);
  REQUIRE(l);
  CHECK(std::holds_alternative<leave>(*l));
}

TEST(no beginning of a message is a message) {
  for (auto& whole : {test::encode(hello{"room", "token", 17}), admit_message(),
                      test::encode(app{5, base::as_bytes("data")}), test::encode(ping{300}),
                      test::encode(leave{})})
    for (std::size_t n = 0; n < whole.size(); ++n)
      CHECK(refusal(whole.substr(0, n)) == wire_error::malformed);
}

TEST(nothing may follow a message) {
  CHECK(refusal(test::encode(leave{}) + '\xc0') == wire_error::malformed);
  CHECK(refusal(test::encode(leave{}) + test::encode(leave{})) == wire_error::malformed);
}

TEST(only a map is a message) {
  for (std::string_view bytes : {"\xc0", "\x01", "\xa1t", "\x90", "\x91\x81", "\xc1", "\x80"})
    CHECK(!decode_text(bytes));
  CHECK(refusal("\x80") == wire_error::field); // no `t`
  CHECK(refusal("\x91\x80") == wire_error::malformed);
  CHECK(refusal(std::string_view{"\x81\x01\xa1t", 4}) ==
        wire_error::malformed); // a key that is no text
  CHECK(refusal("\x81\x80\x01") == wire_error::malformed);
}

TEST(unknown fields are ignored and unknown types refused) {
  map_builder more{4};
  more.text("t", "ping").number("ack", 1).text("later", "x").key("deep").packer().pack_array(2);
  more.packer().pack_map(1).pack_nil().pack_true();
  CHECK(!decode_text(more.done())); // a key that is no text, even far inside
  map_builder fine{4};
  fine.text("t", "ping").number("ack", 1).key("x").packer().pack_array(1).pack_array(1).pack(1);
  fine.key("y").packer().pack_double(0.5);
  CHECK(decode_text(fine.done()));
  map_builder unknown{1};
  CHECK(refusal(unknown.text("t", "wave").done()) == wire_error::unknown);
}

TEST(a repeated field is refused) {
  map_builder twice{3};
  CHECK(refusal(twice.text("t", "ping").number("ack", 1).number("ack", 2).done()) ==
        wire_error::field);
}

TEST(a field of the wrong type or size is refused) {
  map_builder ack_text{2}, no_ack{1}, negative{2}, large{2};
  CHECK(refusal(ack_text.text("t", "ping").text("ack", "1").done()) == wire_error::field);
  CHECK(refusal(no_ack.text("t", "ping").done()) == wire_error::field);
  negative.text("t", "ping").key("ack").packer().pack(-1);
  CHECK(refusal(negative.done()) == wire_error::field);
  CHECK(refusal(large.text("t", "ping").number("ack", 1ull << 32).done()) == wire_error::field);
  map_builder t_number{1};
  CHECK(refusal(t_number.number("t", 1).done()) == wire_error::field);
  CHECK(refusal(test::encode(app{0, {}})) == wire_error::field); // numbers start at 1
  map_builder short_id{6};
  CHECK(refusal(short_id.text("t", "admit")
                    .bin("adm_pk", base::as_bytes(key))
                    .bin("member", base::as_bytes(std::string(15, 'm')))
                    .bin("key_package", {})
                    .bin("lobby", {})
                    .bin("sig", base::as_bytes(signature))
                    .done()) == wire_error::field);
  CHECK(decode_text(admit_message(8192, 1024)));
  CHECK(refusal(admit_message(8193)) == wire_error::field);
  CHECK(refusal(admit_message(33, 1025)) == wire_error::field);
  map_builder resume_bytes{5};
  CHECK(refusal(resume_bytes.text("t", "hello")
                    .number("v", 1)
                    .text("room", "r")
                    .bin("resume", {})
                    .number("ack", 1)
                    .done()) == wire_error::field);
}

TEST(a hello of another version is told apart whatever else it holds) {
  map_builder next{2};
  CHECK(refusal(next.text("t", "hello").number("v", 2).done()) == wire_error::version);
  map_builder none{2};
  CHECK(refusal(none.text("t", "hello").text("room", "r").done()) == wire_error::field);
}

TEST(limits of depth and entries and sizes hold) {
  auto nested = [](int depth) {
    map_builder m{2};
    m.text("t", "leave").key("x");
    for (int i = 0; i < depth; ++i)
      m.packer().pack_array(1);
    m.packer().pack_nil();
    return m.done();
  };
  CHECK(decode_text(nested(2)));
  CHECK(refusal(nested(3)) == wire_error::malformed);

  auto entries = [](std::uint32_t n) {
    map_builder m{n};
    m.text("t", "leave");
    for (std::uint32_t i = 1; i < n; ++i)
      m.number("x" + std::to_string(i), i);
    return m.done();
  };
  CHECK(decode_text(entries(16)));
  CHECK(refusal(entries(17)) == wire_error::malformed);

  auto elements = [](std::uint32_t n) {
    map_builder m{2};
    m.text("t", "leave").key("x").packer().pack_array(n);
    for (std::uint32_t i = 0; i < n; ++i)
      m.packer().pack(1);
    return m.done();
  };
  CHECK(decode_text(elements(64)));
  CHECK(refusal(elements(65)) == wire_error::malformed);

  auto text = [](std::size_t n) {
    map_builder m{2};
    return m.text("t", "leave").text("x", std::string(n, 'x')).done();
  };
  CHECK(decode_text(text(256)));
  CHECK(refusal(text(257)) == wire_error::malformed);

  auto data = [](std::size_t n) {
    return test::encode(app{1, base::as_bytes(std::string(n, 'x'))});
  };
  auto largest = data(32768);
  CHECK(decode_text(largest));
  CHECK(refusal(data(32769)) == wire_error::field);

  map_builder too_long{3};
  std::string half(128 * 1024, 'x');
  too_long.text("t", "leave").bin("x", base::as_bytes(half)).bin("y", base::as_bytes(half));
  CHECK(refusal(too_long.done()) == wire_error::malformed); // beyond 200 KiB in all
}

TEST(a promised length takes no memory) {
  for (std::string_view bytes :
       {std::string_view{"\xdf\xff\xff\xff\xff", 5}, std::string_view{"\xc6\xff\xff\xff\xff", 5},
        std::string_view{"\x81\xa1t\xdb\xff\xff\xff\xff", 8},
        std::string_view{"\x81\xa1x\xdd\xff\xff\xff\xff", 8}})
    CHECK(refusal(bytes) == wire_error::malformed);
}

TEST(welcome names the member and its session and the others) {
  signal::welcome w;
  w.you = id('y');
  w.session = "token";
  w.resume_seconds = 30;
  w.members.push_back({id('a'), shared("keys"), shared("name"), true});
  auto m = read_message(encode(1, signal::event{w}));
  CHECK_EQUAL(m.fields(), 7u);
  CHECK_EQUAL(m.t(), "welcome");
  CHECK_EQUAL(m.number("n"), 1u);
  CHECK_EQUAL(m.text("you"), std::string(16, 'y'));
  CHECK_EQUAL(m.text("session"), "token");
  CHECK_EQUAL(m.number("resume_s"), 30u);
  CHECK_EQUAL(m.text("topology"), "direct");
  REQUIRE_EQUAL(m.size("members"), 1u);
  auto other = m.at("members", 0);
  CHECK_EQUAL(other.fields(), 4u);
  CHECK_EQUAL(other.text("id"), std::string(16, 'a'));
  CHECK_EQUAL(other.text("key_package"), "keys");
  CHECK_EQUAL(other.text("lobby"), "name");
  CHECK(other.truth("away"));
}

TEST(events carry their number and answers do not ) {
  auto check = [](const signal::message& what, std::uint32_t n, std::string_view t,
                  std::size_t fields) {
    auto m = read_message(encode(n, what));
    CHECK_EQUAL(m.t(), t);
    CHECK_EQUAL(m.fields(), fields);
    CHECK_EQUAL(m.has("n"), n != 0);
    return m;
  };
  check(signal::event{signal::joined{{id('a'), shared("k"), shared("l"), false}}}, 2, "joined", 3);
  auto left = check(signal::event{signal::left{id('a'), signal::left_reason::lost}}, 3, "left", 4);
  CHECK_EQUAL(left.text("reason"), "lost");
  check(signal::event{signal::away{id('a')}}, 4, "away", 3);
  check(signal::event{signal::back{id('a')}}, 5, "back", 3);
  auto said = check(signal::event{signal::app{id('a'), shared("sealed")}}, 6, "app", 4);
  CHECK_EQUAL(said.text("from"), std::string(16, 'a'));
  CHECK_EQUAL(said.text("data"), "sealed");
  auto resumed = check(signal::resumed{7, "token"}, 0, "resumed", 3);
  CHECK_EQUAL(resumed.number("ack"), 7u);
  CHECK_EQUAL(resumed.text("session"), "token");
  CHECK_EQUAL(check(signal::pong{8}, 0, "pong", 2).number("ack"), 8u);
  CHECK(check(signal::draining{true}, 0, "draining", 2).truth("on"));
  CHECK(!check(signal::draining{false}, 0, "draining", 2).truth("on"));
  CHECK_EQUAL(check(signal::bye{signal::bye_reason::room_restarted}, 0, "bye", 2).text("reason"),
              "room-restarted");
  CHECK_EQUAL(check(signal::fault{}, 0, "error", 2).text("code"), "bad-message");
}

TEST(an event without payloads is still well formed) {
  auto m = read_message(encode(9, signal::event{signal::app{id('a'), nullptr}}));
  CHECK_EQUAL(m.text("data"), "");
}

TEST(challenge and error are said by the server itself) {
  challenge c;
  c.nonce.fill(std::byte{'n'});
  c.incarnation = 1ull << 40;
  auto m = read_message(encode(c));
  CHECK_EQUAL(m.t(), "challenge");
  CHECK_EQUAL(m.text("nonce"), std::string(32, 'n'));
  CHECK_EQUAL(m.number("incarnation"), 1ull << 40);
  m = read_message(encode(error{error_code::too_many, 30}));
  CHECK_EQUAL(m.text("code"), "too-many");
  CHECK_EQUAL(m.number("retry_s"), 30u);
  m = read_message(encode(error{error_code::room_full, std::nullopt}));
  CHECK_EQUAL(m.text("code"), "room-full");
  CHECK(!m.has("retry_s"));
}
