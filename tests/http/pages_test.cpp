#define CAF_SUITE http_pages
#include "http/support/running_site.hpp"
#include "support/test.hpp"

using namespace catchup;
using namespace catchup::test;
using namespace std::chrono_literals;

FIXTURE_SCOPE(pages_tests, running_site)

TEST(the page is served for the front and for every room link) {
  auto client = connect();
  for (auto path : {"/", "/r/abc", "/r/abc?x=1", "/?utm"}) {
    auto got = client.get(path);
    CHECK_EQUAL(got.status, 200);
    CHECK_EQUAL(got.body, "<!doctype html><title>app</title>");
    CHECK_EQUAL(got.header("content-type"), "text/html; charset=utf-8");
    CHECK_EQUAL(got.header("cache-control"), "no-cache");
    CHECK(got.header("date").ends_with("GMT"));
  }
}

TEST(a room link that a mail program or a hand changed leads to the page) {
  auto client = connect();
  for (auto path : {"/R/abc", "//r/abc", "/r/ABC.", "/r/abc)", "/check/", "/r/abc/?utm_source=x"}) {
    auto got = client.get(path);
    CHECK_EQUAL(got.status, 200);
    CHECK_EQUAL(got.body, "<!doctype html><title>app</title>");
  }
}

TEST(a person gets a page where nothing is and a program gets JSON) {
  auto client = connect();
  constexpr auto browser =
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n";
  auto page = client.get("/none", browser);
  CHECK_EQUAL(page.status, 404);
  CHECK_EQUAL(page.body, "<!doctype html><title>app</title>");
  CHECK_EQUAL(page.header("content-type"), "text/html; charset=utf-8");
  CHECK_EQUAL(page.header("vary"), "Accept, Accept-Encoding");
  CHECK_EQUAL(page.header("etag"), "");
  CHECK(page.header("content-security-policy").find("default-src 'none'") == 0);
  for (auto accept :
       {"", "Accept: */*\r\n", "Accept: application/json\r\n", "Accept: image/*\r\n"}) {
    auto got = client.get("/none", accept);
    CHECK_EQUAL(got.status, 404);
    CHECK_EQUAL(got.body, R"({"error":{"code":"not-found","message":"There is nothing here."}})");
  }
  CHECK_EQUAL(client.get("/", browser).status, 200);
  CHECK_EQUAL(client.get("/assets/app-1a2b.js", browser).header("content-type"),
              "text/javascript; charset=utf-8");
}

TEST(hashed files come compressed and stay) {
  auto got = connect().get("/assets/app-1a2b.js", "Accept-Encoding: gzip, deflate, br\r\n");
  CHECK_EQUAL(got.status, 200);
  CHECK_EQUAL(got.body, "brotli script");
  CHECK_EQUAL(got.header("content-encoding"), "br");
  CHECK_EQUAL(got.header("vary"), "Accept-Encoding");
  CHECK_EQUAL(got.header("content-type"), "text/javascript; charset=utf-8");
  CHECK_EQUAL(got.header("cache-control"), "public, max-age=31536000, immutable");
}

TEST(a known file is not sent again) {
  auto client = connect();
  auto first = client.get("/", "Accept-Encoding: gzip\r\n");
  CHECK_EQUAL(first.body, "gzip page");
  auto again =
      client.get("/", "Accept-Encoding: gzip\r\nIf-None-Match: " + first.header("etag") + "\r\n");
  CHECK_EQUAL(again.status, 304);
  CHECK_EQUAL(again.header("etag"), first.header("etag"));
  CHECK_EQUAL(again.header("content-length"), "");
  auto other = client.get("/", "If-None-Match: " + first.header("etag") + "\r\n");
  CHECK_EQUAL(other.status, 200); // without compression it is another representation
}

TEST(HEAD says what GET would) {
  auto client = connect();
  for (std::string path : {"/", "/r/x", "/healthz", "/assets/app-1a2b.js", "/none"}) {
    auto get = client.get(path);
    client.send("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    auto head = client.receive(true);
    CHECK_EQUAL(head.status, get.status);
    CHECK_EQUAL(head.header("content-length"), get.header("content-length"));
    CHECK_EQUAL(head.header("etag"), get.header("etag"));
    CHECK_EQUAL(head.header("content-type"), get.header("content-type"));
  }
  CHECK_EQUAL(client.get("/healthz").body, R"({"status":"ok"})"); // nothing was left in between
}

TEST(an empty file has no body) {
  auto client = connect();
  auto got = client.get("/assets/empty-0000.css");
  CHECK_EQUAL(got.status, 200);
  CHECK_EQUAL(got.header("content-length"), "0");
  CHECK_EQUAL(client.get("/healthz").status, 200);
}

TEST(health is told and never cached) {
  auto got = connect().get("/healthz");
  CHECK_EQUAL(got.status, 200);
  CHECK_EQUAL(got.body, R"({"status":"ok"})");
  CHECK_EQUAL(got.header("cache-control"), "no-store");
  CHECK_EQUAL(got.header("content-type"), "application/json");
}

TEST(what is not there is not found) {
  auto client = connect();
  for (auto path : {"/none", "/r", "/assets/", "/assets/none.js", "/index.html.br",
                    "/..%2f..%2fetc", "/../../etc/passwd", "/rtc/v2", "/api/livekit/token/x"}) {
    auto got = client.get(path);
    CHECK_EQUAL(got.status, 404);
    CHECK(got.body.starts_with(R"({"error":{"code":"not-found","message":")"));
  }
}

TEST(without a media server the paths of its clients are not there for pages of any site) {
  for (auto path : {"/rtc", "/rtc/v1", "/rtc/validate", "/rtc/v1/validate"}) {
    auto got = connect().get(path);
    CHECK_EQUAL(got.status, 404);
    CHECK_EQUAL(got.header("access-control-allow-origin"), "*");
  }
}

TEST(a method that does not fit is answered with those that do) {
  auto client = connect();
  auto allow = [&](const std::string& request_line) {
    client.send(request_line + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    auto got = client.receive();
    CHECK_EQUAL(got.status, 405);
    CHECK(got.body.starts_with(R"({"error":{"code":"method")"));
    return got.header("allow");
  };
  CHECK_EQUAL(allow("POST /"), "GET, HEAD");
  CHECK_EQUAL(allow("DELETE /healthz"), "GET, HEAD");
  CHECK_EQUAL(allow("OPTIONS /assets/x"), "GET, HEAD");
  CHECK_EQUAL(allow("GET /create-room"), "POST");
  CHECK_EQUAL(allow("PUT /turn-cred"), "POST");
  CHECK_EQUAL(allow("OPTIONS /api/livekit/token"), "POST");
  CHECK_EQUAL(allow("POST /ws"), "GET");
  CHECK_EQUAL(allow("BREW /"), "GET, HEAD");
}

TEST(every answer carries the headers that protect the page) {
  auto client = connect();
  for (auto path : {"/", "/healthz", "/none", "/assets/app-1a2b.js", "/create-room", "/ws"}) {
    auto fresh = connect();
    auto got = fresh.get(path);
    CHECK(
        got.header("content-security-policy").starts_with("default-src 'none'; script-src 'self'"));
    CHECK(got.header("content-security-policy").find("ws://localhost") != std::string::npos);
    CHECK_EQUAL(got.header("referrer-policy"), "no-referrer");
    CHECK_EQUAL(got.header("x-content-type-options"), "nosniff");
    CHECK_EQUAL(got.header("cross-origin-opener-policy"), "same-origin");
    CHECK_EQUAL(got.header("cross-origin-resource-policy"), "same-origin");
    CHECK(got.header("permissions-policy").starts_with("camera=(self), microphone=(self)"));
    CHECK_EQUAL(got.header("strict-transport-security"), "");
  }
  auto secure = client.get("/", "X-Forwarded-Proto: https\r\n"); // 127.0.0.1 may be a proxy of ours
  CHECK_EQUAL(secure.header("strict-transport-security"), "max-age=31536000");
}

TEST(a connection serves many requests and pipelined ones in order) {
  auto client = connect();
  for (int i = 0; i < 50; ++i)
    REQUIRE_EQUAL(client.get("/healthz").status, 200);
  std::string three;
  for (auto path : {"/healthz", "/none", "/"})
    three += "GET " + std::string{path} + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(three);
  CHECK_EQUAL(client.receive().status, 200);
  CHECK_EQUAL(client.receive().status, 404);
  CHECK_EQUAL(client.receive().header("etag").empty(), false);
  CHECK_EQUAL(server->counters().accepted, 1u);
}

TEST(a client that wants to close is closed) {
  auto client = connect();
  CHECK_EQUAL(client.get("/healthz", "Connection: close\r\n").status, 200);
  CHECK(client.at_end());
  auto old = connect();
  old.send("GET /healthz HTTP/1.0\r\n\r\n");
  CHECK_EQUAL(old.receive().status, 200);
  CHECK(old.at_end());
}

FIXTURE_SCOPE_END()
