#define CAF_SUITE http_rtc_access
#include "http/rtc_access.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http;
using sfu::signal::source;

namespace {

constexpr rtc_key key{"key", "secret"};
constexpr base::unix_seconds now = 1'800'000'000;

std::string token_of(std::string_view claims) { return sign_jwt(claims, key.secret); }

std::string claims_of(std::string_view more, std::string_view video = R"("roomJoin":true)") {
  return R"({"iss":"key","exp":1800000100,"sub":"me",)" + std::string{more} + R"("video":{)" +
         std::string{video} + R"(,"room":"r"}})";
}

sfu::signal::grants granted(std::string_view claims) {
  auto out = read_grants(token_of(claims), key, now);
  REQUIRE(out);
  return *out;
}

unsigned refused(std::string_view claims) {
  auto out = read_grants(token_of(claims), key, now);
  return out ? 0 : out.error().status;
}

// client_info{protocol 17}, not compressed.
constexpr std::string_view join = "&join_request=EgQKAhgR";

} // namespace

TEST(a token gives rights in one room) {
  auto g = granted(claims_of(R"("name":"Me","metadata":"m","attributes":{"a":"b"},)"));
  CHECK_EQUAL(g.room, "r");
  CHECK_EQUAL(g.identity, "me");
  CHECK_EQUAL(g.name, "Me");
  CHECK_EQUAL(g.metadata, "m");
  REQUIRE_EQUAL(g.attributes.size(), 1u);
  CHECK_EQUAL(g.attributes[0].second, "b");
}

TEST(rights that a token does not name are the defaults of LiveKit) {
  auto g = granted(claims_of(""));
  CHECK(g.can_publish && g.can_subscribe && g.can_publish_data);
  CHECK(!g.can_update_metadata && !g.hidden && !g.recorder && !g.agent);
  CHECK(g.sources.empty());
  g = granted(claims_of("", R"("roomJoin":true,"canPublish":false)"));
  CHECK(!g.can_publish && !g.can_publish_data);
  g = granted(claims_of(R"("kind":"agent",)", R"("roomJoin":true,"hidden":true,
    "canUpdateOwnMetadata":true,"canPublishSources":["microphone","screen_share_audio"])"));
  CHECK(g.hidden && g.can_update_metadata && g.agent);
  CHECK_EQUAL(g.kind, 4);
  CHECK(g.sources == std::vector{source::microphone, source::screen_audio});
}

TEST(tokens without the right to join are refused) {
  CHECK_EQUAL(refused(claims_of("", R"("roomJoin":false)")), 401u);
  CHECK_EQUAL(refused(R"({"iss":"key","exp":1800000100,"sub":"me"})"), 401u);
  CHECK_EQUAL(
      refused(
          R"({"iss":"other","exp":1800000100,"sub":"me","video":{"roomJoin":true,"room":"r"}})"),
      401u);
  CHECK_EQUAL(
      refused(R"({"iss":"key","exp":1799999000,"sub":"me","video":{"roomJoin":true,"room":"r"}})"),
      401u);
  CHECK_EQUAL(refused(R"({"iss":"key","exp":1800000100,"video":{"roomJoin":true,"room":"r"}})"),
              400u);
  CHECK_EQUAL(refused(R"({"iss":"key","exp":1800000100,"sub":"me","video":{"roomJoin":true}})"),
              400u);
  CHECK_EQUAL(refused(claims_of("", R"("roomJoin":true,"canPublishSources":["eyes"])")), 400u);
  CHECK(!read_grants(sign_jwt(claims_of(""), "other secret"), key, now));
  CHECK(!read_grants("", key, now));
  CHECK(!read_grants("a.b.c", key, now));
}

TEST(a refreshed token gives the same rights) {
  sfu::signal::grants g;
  g.room = "r";
  g.identity = "me";
  g.name = "\"Me\"";
  g.attributes = {{"a", "1"}};
  g.can_publish = false;
  g.can_publish_data = false;
  g.hidden = true;
  g.sources = {source::camera};
  auto back = read_grants(make_grants_token(g, key, now, 600), key, now);
  REQUIRE(back);
  CHECK_EQUAL(back->room, g.room);
  CHECK_EQUAL(back->identity, g.identity);
  CHECK_EQUAL(back->name, g.name);
  CHECK(back->attributes == g.attributes);
  CHECK(!back->can_publish && back->can_subscribe && !back->can_publish_data && back->hidden);
  CHECK(back->sources == g.sources);
  CHECK(!read_grants(make_grants_token(g, key, now, 600), key, now + 700));
}

TEST(a client enters with a token in the query or in a header) {
  auto token = token_of(claims_of(""));
  auto target = "/rtc/v1?access_token=" + token + std::string{join};
  auto e = read_rtc_entry(target, "", key, now);
  REQUIRE(e);
  CHECK_EQUAL(e->who.identity, "me");
  CHECK_EQUAL(e->request.client_info().protocol(), 17);
  CHECK(read_rtc_entry("/rtc/v1?join_request=EgQKAhgR%3D%3D", "Bearer " + token, key, now));
  CHECK(!read_rtc_entry("/rtc/v1?join_request=EgQKAhgR", "Basic " + token, key, now));
}

TEST(a request without a join request is refused after its token was looked at) {
  auto token = token_of(claims_of(""));
  auto e = read_rtc_entry("/rtc?access_token=" + token, "", key, now);
  REQUIRE(!e);
  CHECK_EQUAL(e.error().status, 400u);
  e = read_rtc_entry("/rtc", "", key, now);
  REQUIRE(!e);
  CHECK_EQUAL(e.error().status, 401u);
  CHECK(!read_rtc_entry("/rtc/v1?access_token=" + token + "&join_request=%%%", "", key, now));
}

TEST(query parameters are decoded) {
  CHECK_EQUAL(*query_parameter("/p?a=1&b=x%2Fy+z&c", "b"), "x/y z");
  CHECK_EQUAL(*query_parameter("/p?a=1&c", "c"), "");
  CHECK(!query_parameter("/p?a=1", "b"));
  CHECK(!query_parameter("/p", "a"));
  CHECK(!query_parameter("/p?a=%4", "a"));
  CHECK(!query_parameter("/p?a=%zz", "a"));
}

TEST(refusals can be read by pages of other sites) {
  auto r = rtc_reply(401, "why");
  CHECK_EQUAL(r.status, 401u);
  CHECK_EQUAL(r.content(), "why");
  CHECK(std::any_of(r.headers.begin(), r.headers.end(), [](auto& h) {
    return h.first == "Access-Control-Allow-Origin" && h.second == "*";
  }));
}
