#define CAF_SUITE http_endpoints
#include "http/json.hpp"
#include "http/reply.hpp"
#include "http/support/running_site.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::test;

namespace {

const std::string create_body =
    "{\"admission_key\":\"" + base::to_base64url(link_keys{}.public_key()) + "\"}";

std::string code(const answer& a) {
  auto from = a.body.find("\"code\":\"");
  if (from == std::string::npos)
    return "";
  from += 8;
  return a.body.substr(from, a.body.find('"', from) - from);
}

std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

} // namespace

FIXTURE_SCOPE(endpoints_tests, running_site)

TEST(a created room admits its creator) {
  auto made = connect().post("/create-room", create_body);
  REQUIRE_EQUAL(made.status, 200);
  CHECK_EQUAL(made.header("cache-control"), "no-store");
  auto o = http::json::object::parse(made.body);
  REQUIRE(o && o->string("room"));
  auto who = person('a');
  who.room = *o->string("room");
  auto line = open();
  auto welcome = line.enter(who);
  REQUIRE_EQUAL(welcome.t(), "welcome");

  auto session = welcome.text("session");
  auto credentials = connect().post("/turn-cred", "", bearer(session));
  CHECK_EQUAL(credentials.status, 200);
  CHECK(credentials.body.find("\"ice_servers\":[{\"urls\":[\"turn:localhost:3478") !=
        std::string::npos);
  auto token = connect().post("/api/livekit/token", "{}",
                              bearer(session) + "Content-Type: application/json\r\n");
  CHECK_EQUAL(token.status, 200);
  CHECK(token.body.find("\"url\":\"wss://localhost/rtc\"") != std::string::npos);
}

TEST(refusals have a status and a code) {
  auto client = connect();
  auto check = [&](const answer& a, int status, std::string_view expected) {
    CHECK_EQUAL(a.status, status);
    CHECK_EQUAL(code(a), expected);
    CHECK_EQUAL(a.header("content-type"), "application/json");
  };
  check(client.post("/create-room", "{}"), 400, "bad-request");
  check(client.post("/create-room", "", ""), 400, "bad-request");
  check(client.post("/create-room", "x"), 400, "bad-request");
  check(client.post("/create-room", create_body, "Content-Type: text/plain\r\n"), 415,
        "media-type");
  check(client.post("/create-room", create_body,
                    "Content-Type: application/json\r\nOrigin: https://evil.test\r\n"),
        403, "origin");
  check(client.post("/turn-cred", "", ""), 401, "unauthorized");
  check(client.post("/turn-cred", "", bearer("x")), 401, "unauthorized");
  check(client.post("/api/livekit/token", "", bearer(std::string(66, 'A'))), 401, "unauthorized");
  CHECK_EQUAL(client.post("/turn-cred", "", "").header("www-authenticate"), "Bearer");
  CHECK_EQUAL(
      config.counters->refusals[static_cast<std::size_t>(http::api_error::unauthorized)].load(),
      4u);
}

TEST(the ninth room within a minute is one too many) {
  auto client = connect();
  for (int i = 0; i < 8; ++i)
    REQUIRE_EQUAL(client.post("/create-room", create_body).status, 200);
  auto refused = client.post("/create-room", create_body);
  CHECK_EQUAL(refused.status, 429);
  CHECK_EQUAL(code(refused), "too-many");
  auto wait = std::atoi(refused.header("retry-after").c_str());
  CHECK(wait >= 1 && wait <= 60);
  CHECK_EQUAL(client.post("/create-room", "{}").status, 400); // the connection goes on
}

TEST(tokens and credentials are counted apart and to thirty) {
  auto client = connect();
  auto who = bearer(session_of('a'));
  for (auto path : {"/turn-cred", "/api/livekit/token"}) {
    for (int i = 0; i < 30; ++i)
      REQUIRE_EQUAL(client.post(path, "", who).status, 200);
    auto refused = client.post(path, "", who);
    CHECK_EQUAL(refused.status, 429);
    CHECK(!refused.header("retry-after").empty());
  }
  CHECK_EQUAL(client.post("/create-room", create_body).status, 200);
}

TEST(behind a proxy each client has its own count) {
  auto client = connect();
  auto from = [&](const std::string& address) {
    return client
        .post("/create-room", create_body,
              "Content-Type: application/json\r\nX-Forwarded-For: " + address + "\r\n")
        .status;
  };
  for (int i = 0; i < 8; ++i)
    REQUIRE_EQUAL(from("2001:db8::" + std::to_string(i + 1)), 200);
  CHECK_EQUAL(from("2001:db8::ffff"), 429); // the same /64
  CHECK_EQUAL(from("2001:db8:0:1::1"), 200);
  CHECK_EQUAL(from("192.0.2.1"), 200);
  CHECK_EQUAL(from("junk, 2001:db8::1"), 429);
}

TEST(a draining server makes no rooms but serves the calls that are) {
  ready = http::readiness::draining;
  auto client = connect();
  auto refused = client.post("/create-room", create_body);
  CHECK_EQUAL(refused.status, 503);
  CHECK_EQUAL(code(refused), "draining");
  CHECK(!refused.header("retry-after").empty());
  auto credentials = "Authorization: Bearer " + session_of('A') + "\r\n";
  CHECK_EQUAL(client.post("/turn-cred", "", credentials).status, 200);
  CHECK_EQUAL(client.get("/").status, 200);
  CHECK_EQUAL(client.get("/healthz").status, 200);
}

TEST(whether new calls should come here is told at readyz) {
  auto client = connect();
  for (auto [state, status, body] :
       {std::tuple{http::readiness::ready, 200, R"({"status":"ready"})"},
        {http::readiness::draining, 503, R"({"status":"draining"})"},
        {http::readiness::stuck, 503, R"({"status":"stuck"})"}}) {
    ready = state;
    auto answer = client.get("/readyz");
    CHECK_EQUAL(answer.status, status);
    CHECK_EQUAL(answer.body, body);
    CHECK_EQUAL(answer.header("cache-control"), "no-store");
  }
}

TEST(what the server found of itself is told at readyz and changes nothing) {
  CHECK_EQUAL(http::ready_reply(http::readiness::ready, {}).body, R"({"status":"ready"})");
  base::self_checks found{1'800'000'000,
                          {{"relay-udp", true, "", 0}, {"relay-tcp", false, "no answer", 0}}};
  auto told = http::ready_reply(http::readiness::ready, found);
  CHECK_EQUAL(told.status, 200u);
  CHECK_EQUAL(told.body, R"({"status":"ready","self_probe":{"at":1800000000,"relay-udp":"ok",)"
                         R"("relay-tcp":"no answer"}})");
}

TEST(without a registry the endpoints are unavailable) {
  caf::anon_send_exit(registry, caf::exit_reason::kill);
  auto client = connect();
  auto refused = client.post("/create-room", create_body);
  CHECK_EQUAL(refused.status, 503);
  CHECK_EQUAL(code(refused), "unavailable");
  CHECK_EQUAL(refused.header("retry-after"), "1");
  CHECK_EQUAL(client.get("/healthz").status, 200);
}

FIXTURE_SCOPE_END()
