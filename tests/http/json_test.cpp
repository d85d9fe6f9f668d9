#define CAF_SUITE http_json
#include "http/json.hpp"

#include "support/test.hpp"

#include <string>

using namespace catchup::http;

namespace {

bool refused(std::string_view text) { return !json::object::parse(text); }

json::parse_error refusal(std::string_view text) {
  auto o = json::object::parse(text);
  REQUIRE(!o);
  return o.error();
}

} // namespace

TEST(members are found by name and type) {
  auto o = json::object::parse(
      R"( { "text" : "a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00" , "number":-1.5e2, "yes":true,
           "none":null, "list":[1,[2]], "object":{"inner":{}} } )");
  REQUIRE(o);
  REQUIRE(o->string("text"));
  CHECK_EQUAL(*o->string("text"), "a\"\\/\b\f\n\r\té😀");
  REQUIRE(o->number("number"));
  CHECK_EQUAL(*o->number("number"), -150.0);
  CHECK(!o->string("number"));
  CHECK(!o->string("none"));
  CHECK(o->has("none"));
  CHECK(o->has("list"));
  CHECK(!o->string("object"));
  CHECK(!o->has("inner"));
  CHECK(!o->has("absent"));
  CHECK(!o->string("absent"));
}

TEST(what is nested is read and bounded as the outermost object is) {
  auto o = json::object::parse(
      R"({"video":{"room":"r","roomJoin":true,"sources":["camera","microphone"]},"n":9007199254740991})");
  REQUIRE(o);
  CHECK_EQUAL(*o->number("n"), 9007199254740991.0);
  const auto* video = o->inner("video");
  REQUIRE(video);
  CHECK_EQUAL(*video->string("room"), "r");
  CHECK(*video->truth("roomJoin"));
  CHECK(!video->truth("room"));
  const auto* sources = video->list("sources");
  REQUIRE(sources);
  REQUIRE_EQUAL(sources->size(), 2u);
  CHECK_EQUAL(std::get<std::string>(sources->at(1)), "microphone");
  CHECK(!o->inner("n"));
  CHECK(!o->list("video"));
  CHECK(refusal(R"({"a":{"b":1,"b":2}})") == json::parse_error::repeated);
  CHECK(refusal(R"({"a":[{"b":1,"b":2}]})") == json::parse_error::repeated);
  std::string elements = "{\"a\":[0";
  for (int i = 1; i < 64; ++i)
    elements += ",0";
  CHECK(!refused(elements + "]}"));
  CHECK(refusal(elements + ",0]}") == json::parse_error::limit);
}

TEST(a zero byte does not end a document) {
  CHECK(refused(std::string_view{"{}\0", 3}));
  CHECK(refused(std::string_view{"{}\0garbage", 10}));
}

TEST(no beginning of a document is a document) {
  std::string whole = R"({"a":"\u00e9x","b":[1.5e+3,true,false,null,{}],"c":-0})";
  REQUIRE(!refused(whole));
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK(refused(whole.substr(0, n)));
}

TEST(what is not JSON is refused) {
  for (auto text : {"",
                    " ",
                    "{",
                    "}",
                    "{}x",
                    "{}{}",
                    "{a:1}",
                    "{'a':1}",
                    R"({"a"})",
                    R"({"a":})",
                    R"({"a":1,})",
                    R"({,})",
                    R"({"a" 1})",
                    R"({"a":01})",
                    R"({"a":+1})",
                    R"({"a":.5})",
                    R"({"a":1.})",
                    R"({"a":1e})",
                    R"({"a":-})",
                    R"({"a":NaN})",
                    R"({"a":Infinity})",
                    R"({"a":0x1})",
                    R"({"a":tru})",
                    R"({"a":[1,]})",
                    R"({"a":[1 2]})",
                    R"({"a":"\x"})",
                    R"({"a":"\u12"})",
                    R"({"a":"\ud800"})",
                    R"({"a":"\udc00"})",
                    R"({"a":"\ud800\u0041"})",
                    "{\"a\":\"\n\"}",
                    R"({"a":1e999})",
                    "{\"a\":\"\xff\"}",
                    "{\"a\":\"\xc0\x80\"}",
                    "{\"a\":\"\xed\xa0\x80\"}",
                    "\xef\xbb\xbf{}"})
    CHECK(refused(text));
  CHECK(refused(std::string_view{"{\"a\":\"\0\"}", 9}));
}

TEST(other values than an object are refused as such) {
  for (auto text : {"[]", "1", "\"text\"", "null", "true"})
    CHECK(refusal(text) == json::parse_error::not_object);
}

TEST(a repeated member is refused) {
  CHECK(refusal(R"({"a":1,"a":2})") == json::parse_error::repeated);
  CHECK(refusal(R"({"a":1,"\u0061":2})") == json::parse_error::repeated);
}

TEST(depth and members and size are bounded) {
  CHECK(!refused(R"({"a":[[[]]]})"));
  CHECK(refusal(R"({"a":[[[[]]]]})") == json::parse_error::limit);
  CHECK(!refused(R"({"a":{"b":{"c":{}}}})"));
  CHECK(refusal(R"({"a":{"b":{"c":{"d":{}}}}})") == json::parse_error::limit);
  CHECK(refused(std::string(60'000, '[')));

  auto many = [](int n) {
    std::string out = "{";
    for (int i = 0; i < n; ++i)
      out += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
    return out + "}";
  };
  CHECK(!refused(many(64)));
  CHECK(refusal(many(65)) == json::parse_error::limit);

  auto padded = [](std::size_t n) { return "{}" + std::string(n - 2, ' '); };
  CHECK(!refused(padded(64 * 1024)));
  CHECK(refusal(padded(64 * 1024 + 1)) == json::parse_error::limit);
}

TEST(what is written can be read) {
  json::writer w;
  w.open('{')
      .member("text", "quote \" backslash \\ line \n bell \a é")
      .member("number", std::int64_t{-5})
      .key("list")
      .open('[')
      .value("a")
      .value("b")
      .open('{')
      .close('}')
      .close(']')
      .member("yes", true)
      .close('}');
  auto text = w.done();
  CHECK_EQUAL(text, R"({"text":"quote \" backslash \\ line \u000a bell \u0007 é","number":-5,)"
                    R"("list":["a","b",{}],"yes":true})");
  auto o = json::object::parse(text);
  REQUIRE(o);
  CHECK_EQUAL(*o->string("text"), "quote \" backslash \\ line \n bell \a é");
}
