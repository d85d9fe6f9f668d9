#define CAF_SUITE http_issuance
#include "http/issuance.hpp"

#include "e2ee/room_id.hpp"
#include "e2ee/session_token.hpp"
#include "http/json.hpp"
#include "http/support/caller.hpp"
#include "support/test.hpp"
#include "turn/credentials.hpp"

using namespace catchup;
using namespace catchup::http;
using namespace catchup::test;

namespace {

constexpr base::unix_seconds now = 1'800'000'000;
const std::string key = base::to_base64url(base::as_bytes(std::string(32, 'k')));

issued post(route r, request_view request, const server_config& config = test_config()) {
  return issue(r, request, config, now);
}

request_view json_body(std::string_view body) { return {"", "application/json", "", body}; }

/// The error code of a refusal; empty when it is none.
std::string code(const issued& i) {
  CHECK(!i.guarded || i.answer.status == 200);
  for (std::string_view c : {"bad-request", "unauthorized", "origin", "media-type"})
    if (i.answer.body.find("\"code\":\"" + std::string{c} + '"') != std::string::npos)
      return std::string{c};
  return "";
}

std::string bearer(const server_config& config, base::unix_seconds expires = now + 60) {
  return "Bearer " + e2ee::make_session_token({link_keys{}.tag(), member_named('a'), expires},
                                              config.session_key);
}

} // namespace

TEST(a room id binds the keys and ends with its last day) {
  auto config = test_config();
  auto body = "{\"admission_key\":\"" + key + "\"}";
  auto made = post(route::create_room, json_body(body));
  REQUIRE(made.guarded);
  auto o = json::object::parse(made.answer.body);
  REQUIRE(o && o->string("room") && o->number("expires"));
  auto room = e2ee::parse_room_id(*o->string("room"), config.room_mac_key, now);
  REQUIRE(room);
  CHECK(room->tag == e2ee::make_room_tag(base::as_bytes(std::string(32, 'k')), {}, {}));
  CHECK_EQUAL(room->last_day, e2ee::day_of(now) + 30);
  auto expires = static_cast<base::unix_seconds>(*o->number("expires"));
  CHECK(e2ee::parse_room_id(*o->string("room"), config.room_mac_key, expires - 1));
  CHECK(!e2ee::parse_room_id(*o->string("room"), config.room_mac_key, expires));
}

TEST(a host key makes another room) {
  auto body = "{\"admission_key\":\"" + key + "\",\"host_key\":\"" + key + "\"}";
  auto made = post(route::create_room, json_body(body));
  REQUIRE(made.guarded);
  auto o = json::object::parse(made.answer.body);
  auto room = e2ee::parse_room_id(*o->string("room"), test_config().room_mac_key, now);
  auto k = std::string(32, 'k');
  CHECK(room->tag == e2ee::make_room_tag(base::as_bytes(k), base::as_bytes(k), {}));
}

TEST(a body that is not what is expected is a bad request) {
  for (auto body :
       {std::string{}, std::string{"{}"}, std::string{"[]"}, std::string{"x"},
        std::string{R"({"admission_key":1})"}, std::string{R"({"admission_key":null})"},
        "{\"admission_key\":\"" + key + "A\"}", "{\"admission_key\":\"" + key.substr(1) + "\"}",
        "{\"admission_key\":\"" + key + "=\"}",
        "{\"admission_key\":\"" + key + "\",\"host_key\":\"\"}",
        "{\"admission_key\":\"" + key + "\",\"host_key\":null}",
        "{\"admission_key\":\"" + key + "\",\"admission_key\":\"" + key + "\"}"})
    CHECK_EQUAL(code(post(route::create_room, json_body(body))), "bad-request");
}

TEST(unknown fields are ignored) {
  auto body = "{\"new\":[{}],\"admission_key\":\"" + key + "\"}";
  CHECK(post(route::create_room, json_body(body)).guarded);
}

TEST(a body must say that it is JSON) {
  auto body = "{\"admission_key\":\"" + key + "\"}";
  for (auto type : {"", "text/plain", "application/jsonx", "application/x-www-form-urlencoded"})
    CHECK_EQUAL(code(post(route::create_room, {"", type, "", body})), "media-type");
  for (auto type : {"application/json", "Application/JSON", "application/json; charset=utf-8"})
    CHECK(post(route::create_room, {"", type, "", body}).guarded);
}

TEST(pages of other sites are refused) {
  auto body = "{\"admission_key\":\"" + key + "\"}";
  CHECK_EQUAL(code(post(route::create_room, {"https://evil.test", "application/json", "", body})),
              "origin");
  CHECK(post(route::create_room, {"http://localhost:8000", "application/json", "", body}).guarded);
}

namespace {

server_config private_config() {
  auto out = test_config();
  out.allow_create = {*base::network::parse("192.0.2.0/24"),
                      *base::network::parse("2001:db8::/32")};
  return out;
}

/// Asks for a room from an address, with what `more` adds to the body.
issued creation(const server_config& config, std::string_view from, const std::string& more = {}) {
  auto body = "{\"admission_key\":\"" + key + "\"" + more + "}";
  auto request = json_body(body);
  request.source = *base::ip_address::parse(from);
  return post(route::create_room, request, config);
}

} // namespace

TEST(a private server makes rooms only for those from its networks) {
  auto config = private_config();
  for (auto from : {"192.0.2.9", "2001:db8:1::9", "::ffff:192.0.2.9"})
    CHECK_EQUAL(creation(config, from).answer.status, 200u);
  for (auto from : {"192.0.3.9", "127.0.0.1", "2001:db9::1"}) {
    auto refused = creation(config, from, R"(,"password":"any word")");
    CHECK_EQUAL(refused.answer.status, 403u);
    CHECK(refused.answer.error == api_error::not_allowed);
    CHECK(!refused.guarded);
  }
}

TEST(with a password a private server makes rooms for those who know it) {
  auto config = test_config();
  config.create_password = "open sesame";
  CHECK_EQUAL(creation(config, "203.0.113.5", R"(,"password":"open sesame")").answer.status, 200u);
  auto asked = creation(config, "203.0.113.5");
  CHECK_EQUAL(asked.answer.status, 403u);
  CHECK(asked.answer.error == api_error::password);
  CHECK(!asked.guarded);
  for (auto wrong : {R"(,"password":"")", R"(,"password":"open sesam")",
                     R"(,"password":"open sesame ")", R"(,"password":"Open sesame")"}) {
    auto refused = creation(config, "203.0.113.5", wrong);
    CHECK(refused.answer.error == api_error::password);
    CHECK(refused.guarded); // every try counts
  }
  CHECK(creation(config, "203.0.113.5", R"(,"password":7)").answer.error == api_error::password);
}

TEST(of networks and a password one is enough) {
  auto config = private_config();
  config.create_password = "open sesame";
  CHECK_EQUAL(creation(config, "192.0.2.1").answer.status, 200u);
  CHECK_EQUAL(creation(config, "203.0.113.5", R"(,"password":"open sesame")").answer.status, 200u);
  CHECK(creation(config, "203.0.113.5").answer.error == api_error::password);
}

TEST(credentials need a session of this server) {
  auto config = test_config();
  auto other = config;
  other.session_key[0] ^= std::byte{1};
  for (auto authorization :
       {std::string{}, std::string{"Bearer "}, std::string{"Bearer x"}, bearer(other),
        bearer(config, now), "Basic " + bearer(config).substr(7), bearer(config) + " "})
    for (auto r : {route::turn_credentials, route::livekit_token}) {
      auto refused = post(r, {"", "", authorization, ""});
      CHECK_EQUAL(code(refused), "unauthorized");
      CHECK_EQUAL(refused.answer.status, 401u);
    }
  CHECK(post(route::turn_credentials, {"", "", "bearer " + bearer(config).substr(7), ""}).guarded);
}

TEST(TURN credentials come with every way to reach the relay) {
  auto config = test_config();
  config.turn_hosts = {"turn.example", "2001:db8::1"};
  config.stun_servers = {"stun:stun.example:3478"};
  config.relay_port = 5000;
  auto made = post(route::turn_credentials, {"", "", bearer(config), ""}, config);
  REQUIRE(made.guarded);
  auto o = json::object::parse(made.answer.body);
  REQUIRE(o);
  auto user = base::to_hex(member_named('a').view());
  CHECK_EQUAL(*o->string("username"), std::to_string(now + 43200) + ":" + user);
  CHECK_EQUAL(*o->string("credential"), turn::password_for("test", *o->string("username")));
  CHECK_EQUAL(*o->number("ttl"), 43200.0);
  auto secret = ",\"username\":\"" + *o->string("username") + "\",\"credential\":\"" +
                *o->string("credential") + "\"}";
  auto list = made.answer.body.substr(made.answer.body.find("\"ice_servers\""));
  CHECK_EQUAL(
      list,
      R"("ice_servers":[{"urls":["turn:turn.example:5000?transport=udp","turn:turn.example:5000?transport=tcp"])" +
          secret +
          R"(,{"urls":["stun:turn.example:5000"]},{"urls":["turn:[2001:db8::1]:5000?transport=udp","turn:[2001:db8::1]:5000?transport=tcp"])" +
          secret +
          R"(,{"urls":["stun:[2001:db8::1]:5000"]},{"urls":["stun:stun.example:3478"]}]})");

  CHECK(made.answer.body.find("turns:") == std::string::npos);
  config.turn_tls = true;
  made = post(route::turn_credentials, {"", "", bearer(config), ""}, config);
  CHECK(made.answer.body.find(R"("turn:turn.example:5000?transport=tcp",)"
                              R"("turns:turn.example:5000?transport=tcp"],"username")") !=
        std::string::npos);

  config.turn_tls = false;
  config.turn_tcp = false;
  made = post(route::turn_credentials, {"", "", bearer(config), ""}, config);
  CHECK(made.answer.body.find("transport=tcp") == std::string::npos);
}

TEST(a LiveKit token is for the room and member of the session) {
  auto config = test_config();
  config.domain = "call.example";
  auto made = post(route::livekit_token, {"", "", bearer(config), ""}, config);
  REQUIRE(made.guarded);
  auto o = json::object::parse(made.answer.body);
  REQUIRE(o && o->string("token"));
  CHECK_EQUAL(*o->string("url"), "wss://call.example/rtc");
  CHECK_EQUAL(*o->string("room"), base::to_base32(link_keys{}.tag().view()));
  CHECK_EQUAL(*o->string("identity"), base::to_base64url(member_named('a').view()));
  CHECK_EQUAL(std::count(o->string("token")->begin(), o->string("token")->end(), '.'), 2);
}

TEST(nothing that is issued may be cached) {
  auto made = post(route::turn_credentials, {"", "", bearer(test_config()), ""});
  bool no_store = false;
  for (auto& [name, value] : made.answer.headers)
    no_store = no_store || (name == "Cache-Control" && value == "no-store");
  CHECK(no_store);
}
