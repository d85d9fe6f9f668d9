// The operator's listener over real sockets, beside a real site.
#define CAF_SUITE admin_server
#include "http/admin/server.hpp"
#include "http/support/openmetrics.hpp"
#include "http/support/running_site.hpp"

#include "support/test.hpp"

#include <caf/event_based_actor.hpp>

using namespace catchup;
using namespace catchup::test;
using namespace std::chrono_literals;

namespace {

constexpr auto secret = "the token of the operator";

struct running_admin : running_site {
  running_admin() {
    http::admin::server_config c;
    c.address = {*base::ip_address::parse("127.0.0.1"), 0};
    c.token = secret;
    c.version = "1.2.3";
    c.control = counts;
    c.site = config.counters;
    c.poll_interval = 20ms;
    c.ending = [this] { return ending.load(); };
    static const http::asset_file files[] = {
        {"index.html", "<!doctype html><title>operator</title>"},
        {"assets/page-1a2b.js", "export {};"},
    };
    admin.emplace(std::move(c), http::asset_store::from_files(files), system, registry);
  }
  ~running_admin() {
    admin->stop();
    base::set_log_level("error");
  }

  raw_client operator_line() const { return raw_client{admin->port()}; }

  static std::string bearer(std::string_view token = secret) {
    return "Authorization: Bearer " + std::string{token} + "\r\n";
  }
  answer look(const std::string& path) const { return operator_line().get(path, bearer()); }
  answer act(const std::string& path, const std::string& body = "",
             const std::string& more = "") const {
    return operator_line().post(path, body, bearer() + more);
  }

  /// The id of the only node of a kind.
  std::string only(const std::string& kind) const {
    auto body = look("/admin/api/tree").body;
    auto at = body.find("\"id\":\"" + kind + ":");
    REQUIRE(at != body.npos);
    at += 6;
    return body.substr(at, body.find('"', at) - at);
  }
  std::string name_of_only(const std::string& kind) const {
    return only(kind).substr(kind.size() + 1);
  }

  std::atomic<bool> ending{false};
  std::optional<http::admin::server> admin;
};

/// Reads a stream of events.
struct stream {
  raw_client line;
  std::string seen;

  explicit stream(std::uint16_t port) : line(port) {
    line.send("GET /admin/api/events HTTP/1.1\r\nHost: localhost\r\n" + running_admin::bearer() +
              "\r\n");
  }
  /// Reads until `text` was seen; false when the stream ends before.
  bool until(std::string_view text) {
    while (seen.find(text) == seen.npos) {
      auto next = line.take(1);
      if (next.empty())
        return false;
      seen += next;
    }
    return true;
  }
};

bool has(const answer& a, std::string_view text) { return a.body.find(text) != a.body.npos; }

} // namespace

FIXTURE_SCOPE(admin_tests, running_admin)

// -- who may ask --------------------------------------------------------------

TEST(without the token there is the page and nothing else) {
  auto page = operator_line().get("/admin/");
  CHECK_EQUAL(page.status, 200);
  CHECK(has(page, "<title>operator"));
  CHECK_EQUAL(operator_line().get("/admin/assets/page-1a2b.js").status, 200);
  CHECK_EQUAL(operator_line().get("/admin").header("location"), "/admin/");
  for (auto path : {"/metrics", "/admin/api/tree", "/admin/api/status", "/admin/api/events"}) {
    auto refused = operator_line().get(path);
    CHECK_EQUAL(refused.status, 401);
    CHECK_EQUAL(refused.header("www-authenticate"), "Bearer");
    CHECK_EQUAL(operator_line().get(path, bearer("the token of the operator.")).status, 401);
  }
  CHECK_EQUAL(operator_line().post("/admin/api/drain", "", "").status, 401);
  CHECK(!has(look("/admin/api/status"), "\"draining\":true"));
}

TEST(ten wrong tokens lock even the right one out for a while) {
  auto line = operator_line();
  for (int i = 0; i < 10; ++i)
    CHECK_EQUAL(line.get("/admin/api/status", bearer("wrong")).status, 401);
  auto locked = look("/admin/api/status");
  CHECK_EQUAL(locked.status, 429);
  CHECK_EQUAL(locked.header("retry-after"), "60");
}

TEST(the name or page of a stranger is refused even with the token) {
  auto ask = [&](const std::string& headers) {
    auto line = operator_line();
    line.send("GET /admin/api/tree HTTP/1.1\r\n" + headers + bearer() + "\r\n");
    return line.receive().status;
  };
  CHECK_EQUAL(ask("Host: localhost:8001\r\n"), 200);
  CHECK_EQUAL(ask("Host: 127.0.0.1\r\n"), 200);
  CHECK_EQUAL(ask("Host: evil.test\r\n"), 403);
  CHECK_EQUAL(ask(""), 403);
  CHECK_EQUAL(ask("Host: localhost\r\nHost: localhost\r\n"), 403);
  CHECK_EQUAL(ask("Host: localhost:8001\r\nOrigin: http://localhost:8001\r\n"), 200);
  CHECK_EQUAL(ask("Host: localhost:8001\r\nOrigin: http://localhost:8000\r\n"), 403);
  CHECK_EQUAL(ask("Host: localhost:8001\r\nOrigin: https://evil.test\r\n"), 403);
}

TEST(the page may talk to nobody else and be framed by nobody) {
  for (auto path : {"/admin/", "/admin/api/tree", "/nothing"}) {
    auto policy = look(path).header("content-security-policy");
    CHECK(policy.find("default-src 'none'") != policy.npos);
    CHECK(policy.find("connect-src 'self'") != policy.npos);
    CHECK(policy.find("frame-ancestors 'none'") != policy.npos);
    CHECK(policy.find("unsafe") == policy.npos && policy.find("http") == policy.npos);
    CHECK_EQUAL(look(path).header("x-content-type-options"), "nosniff");
  }
}

TEST(what is not there or not meant is refused) {
  CHECK_EQUAL(look("/nothing").status, 404);
  CHECK_EQUAL(look("/ws").status, 404);
  CHECK_EQUAL(look("/healthz").status, 404);
  CHECK_EQUAL(look("/admin/api/rooms/00000000").status, 404);
  CHECK_EQUAL(look("/admin/assets/other.js").status, 404);
  auto by_get = look("/admin/api/drain");
  CHECK_EQUAL(by_get.status, 405);
  CHECK_EQUAL(by_get.header("allow"), "POST");
  CHECK_EQUAL(act("/admin/api/tree").status, 405);
  CHECK_EQUAL(act("/admin/api/log-level", std::string(5000, 'x')).status, 413);
  CHECK_EQUAL(operator_line().get("/metrics", bearer() + "X: " + std::string(20'000, 'x')).status,
              431);
}

// -- looking ------------------------------------------------------------------

TEST(the tree shows rooms and their members and no name or id of theirs) {
  auto a = open(), b = open();
  auto who = person('a');
  a.enter(who);
  b.enter(person('b'));
  auto tree = look("/admin/api/tree");
  REQUIRE_EQUAL(tree.status, 200);
  CHECK_EQUAL(tree.header("content-type"), "application/json");
  CHECK_EQUAL(tree.header("cache-control"), "no-store");
  for (auto part : {"\"id\":\"registry:registry\",\"kind\":\"registry\"",
                    "\"parent\":\"room:", "\"state\":\"connected\"",
                    "\"mailbox\":", "\"high_water\":", "\"messages\":", "\"restarts\":0",
                    "\"since\":", "\"id\":\"limiter:create-room\""})
    CHECK(has(tree, part));
  CHECK(!has(tree, who.room));
  CHECK(!has(tree, base::to_hex(who.member.view())));
  CHECK(!has(tree, "127.0.0.1"));

  auto rooms = look("/admin/api/rooms");
  CHECK(has(rooms, "\"members\":2"));
  auto room = look("/admin/api/rooms/" + name_of_only("room"));
  CHECK_EQUAL(room.status, 200);
  CHECK(has(room, "\"children\":[{\"id\":\"peer:"));
  CHECK_EQUAL(look("/admin/api/peers/" + name_of_only("peer")).status, 200);
  CHECK(has(look("/admin/api/limits"), "limiter:turn-credentials"));
  CHECK_EQUAL(look("/admin/api/allocations").body, "{\"allocations\":[]}");
}

TEST(metrics are well formed and move with what happens) {
  auto before = openmetrics_reader{look("/metrics").body};
  CHECK(before.problems.empty());
  CHECK_EQUAL(before.value("catchup_peers{state=\"connected\"}"), 0);
  auto a = open();
  a.enter(person('a'));
  auto answer = look("/metrics");
  CHECK(answer.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
  auto after = openmetrics_reader{answer.body};
  for (const auto& p : after.problems)
    FAIL_TEST(p);
  CHECK_EQUAL(after.value("catchup_peers{state=\"connected\"}"), 1);
  CHECK_EQUAL(after.value("catchup_joins_total"), before.value("catchup_joins_total") + 1);
  CHECK_EQUAL(after.value("catchup_ws_messages_total{type=\"join\"}"), 1);
}

TEST(what the site refuses is in the metrics) {
  auto junk = open();
  junk.send("junk");
  junk.receive();
  connect().post("/create-room", std::string(70'000, 'x'));
  auto r = openmetrics_reader{look("/metrics").body};
  CHECK_EQUAL(r.value("catchup_ws_errors_total{code=\"bad-message\"}"), 1);
  CHECK_EQUAL(r.value("catchup_quota_refused_total{quota=\"request-size\"}"), 1);
}

TEST(when the actors do not answer there is no tree but an error) {
  caf::anon_send_exit(registry, caf::exit_reason::kill);
  auto none = look("/admin/api/tree");
  CHECK_EQUAL(none.status, 503);
  CHECK_EQUAL(look("/metrics").status, 503);
  CHECK_EQUAL(operator_line().get("/admin/").status, 200);
}

// -- acting -------------------------------------------------------------------

TEST(somebody who is kicked is told so) {
  auto a = open();
  a.enter(person('a'));
  CHECK_EQUAL(act("/admin/api/peers/" + name_of_only("peer") + "/kick").status, 200);
  CHECK_EQUAL(a.receive("bye").text("reason"), "kicked");
}

TEST(a room that is closed sends everybody away) {
  auto a = open(), b = open();
  a.enter(person('a'));
  b.enter(person('b'));
  auto path = "/admin/api/rooms/" + name_of_only("room") + "/close";
  CHECK_EQUAL(act(path).status, 200);
  while (a.receive())
    ; // to its end
  while (b.receive())
    ;
  for (int i = 0; i < 200 && has(look("/admin/api/tree"), "\"room:"); ++i)
    std::this_thread::sleep_for(10ms);
  CHECK_EQUAL(act(path).status, 404);
}

TEST(nobody new gets into a room that is locked) {
  open().enter(person('a'));
  auto path = "/admin/api/rooms/" + name_of_only("room");
  CHECK_EQUAL(act(path + "/lock").status, 200);
  CHECK_EQUAL(open().enter(person('b')).text("code"), "room-locked");
  CHECK(has(look("/admin/api/rooms"), "\"state\":\"locked\""));
  CHECK_EQUAL(act(path + "/unlock").status, 200);
  CHECK_EQUAL(open().enter(person('b')).t(), "welcome");
}

TEST(a limiter that is killed comes back as another) {
  CHECK_EQUAL(act("/admin/api/actors/limiter:create-room/kill").status, 200);
  stream s{admin->port()};
  CHECK(s.until("\"state\":\"running\",\"since\":"));
  auto again = [&] {
    auto body = look("/admin/api/limits").body;
    return body.find("\"restarts\":1,\"last_error\":") != body.npos;
  };
  bool back = false;
  for (int i = 0; i < 300 && !back; ++i) {
    std::this_thread::sleep_for(10ms);
    back = again();
  }
  CHECK(back);
}

TEST(what the process cannot live without is not killed) {
  auto refused = act("/admin/api/actors/registry:registry/kill");
  CHECK_EQUAL(refused.status, 409);
  CHECK(has(refused, "\"code\":\"vital\""));
  CHECK_EQUAL(act("/admin/api/actors/limiter:nobody/kill").status, 404);
}

TEST(a drain lets nobody new in until it is called off) {
  CHECK_EQUAL(act("/admin/api/drain").status, 200);
  auto late = open();
  CHECK_EQUAL(late.enter(person('a')).text("code"), "draining");
  CHECK(has(look("/admin/api/status"), "\"draining\":true"));
  CHECK_EQUAL(act("/admin/api/undrain").status, 200);
  auto next = open();
  CHECK_EQUAL(next.enter(person('b')).t(), "welcome");
  CHECK(has(look("/admin/api/status"), "\"draining\":false"));
}

TEST(the log level changes while it runs) {
  CHECK_EQUAL(act("/admin/api/log-level", "{\"level\":\"error\"}").status, 200);
  CHECK_EQUAL(base::log_level_name(), "error");
  CHECK(has(look("/admin/api/status"), "\"log_level\":\"error\""));
  for (auto body : {"", "{}", "{\"level\":\"loud\"}", "{\"level\":1}"})
    CHECK_EQUAL(act("/admin/api/log-level", body).status, 400);
}

TEST(an action with a key is done once) {
  CHECK_EQUAL(act("/admin/api/drain", "", "Idempotency-Key: 1\r\n").status, 200);
  CHECK_EQUAL(act("/admin/api/undrain", "", "Idempotency-Key: 2\r\n").status, 200);
  CHECK_EQUAL(act("/admin/api/drain", "", "Idempotency-Key: 1\r\n").status, 200);
  CHECK(has(look("/admin/api/status"), "\"draining\":false"));
}

TEST(a key is of one action - one that failed can be tried again) {
  auto key = "Idempotency-Key: 1\r\n";
  CHECK_EQUAL(act("/admin/api/log-level", "{\"level\":\"loud\"}", key).status, 400);
  CHECK_EQUAL(act("/admin/api/log-level", "{\"level\":\"error\"}", key).status, 200);
  CHECK_EQUAL(act("/admin/api/log-level", "{\"level\":\"error\"}", key).status, 200);
  auto other = act("/admin/api/log-level", "{\"level\":\"warn\"}", key);
  CHECK_EQUAL(other.status, 409);
  CHECK(has(other, "key-used"));
  CHECK_EQUAL(act("/admin/api/drain", "", key).status, 409);
  CHECK(has(look("/admin/api/status"), "\"draining\":false"));
  CHECK_EQUAL(base::log_level_name(), "error");
}

TEST(a process that is about to end takes nobody again) {
  CHECK_EQUAL(act("/admin/api/drain").status, 200);
  ending = true;
  auto refused = act("/admin/api/undrain");
  CHECK_EQUAL(refused.status, 409);
  CHECK(has(refused, "ending"));
  CHECK(has(look("/admin/api/status"), "\"draining\":true"));
}

// -- the event stream -----------------------------------------------------------

TEST(the stream begins with everything and goes on with changes) {
  stream s{admin->port()};
  REQUIRE(s.until("event: tree\ndata: {\"nodes\":[{\"id\":\"registry:registry\""));
  REQUIRE(s.until("event: status\n"));
  s.seen.clear();
  {
    auto a = open();
    a.enter(person('a'));
    CHECK(s.until("event: change\n"));
    CHECK(s.until("\"id\":\"peer:"));
    a.send(encode(http::wire::leave{}));
    s.seen.clear();
    CHECK(s.until("\"gone\":[\"peer:"));
  }
  act("/admin/api/drain");
  CHECK(s.until("\"draining\":true"));
  CHECK(s.until("audit operator action=drain on=server status=200"));
}

TEST(at most eight listen and the ninth is told to wait) {
  std::vector<stream> listening;
  for (int i = 0; i < 8; ++i) {
    listening.emplace_back(admin->port());
    CHECK(listening.back().until("event: status\n"));
  }
  auto ninth = look("/admin/api/events");
  CHECK_EQUAL(ninth.status, 429);
  CHECK(!ninth.header("retry-after").empty());
  listening.pop_back();
  bool free = false;
  for (int i = 0; i < 200 && !free; ++i) {
    std::this_thread::sleep_for(10ms);
    stream s{admin->port()};
    free = s.until("event: status\n");
  }
  CHECK(free);
}

TEST(it stops with listeners and idle connections on it) {
  stream s{admin->port()};
  CHECK(s.until("event: status\n"));
  auto idle = operator_line();
  CHECK_EQUAL(idle.get("/admin/").status, 200);
  auto began = std::chrono::steady_clock::now();
  admin->stop();
  CHECK(std::chrono::steady_clock::now() - began < 2s);
  CHECK(!s.until("never said"));
}

// The state of the listener holds the settings, so these tell whether it is free.
TEST(it leaves nothing behind when it stops before the actors answer) {
  auto asked = std::make_shared<std::atomic<int>>(0);
  auto silent = system.spawn([asked](caf::event_based_actor* self) {
    return caf::behavior{[asked, self](const actors::msg::get_status&) {
      auto never = self->make_response_promise<actors::msg::status>();
      ++*asked;
      return never;
    }};
  });
  http::admin::server_config c;
  c.address = {*base::ip_address::parse("127.0.0.1"), 0};
  c.token = secret;
  static const http::asset_file none[] = {{"index.html", ""}};
  auto held = std::make_shared<actors::totals>();
  c.control = held;
  c.site = config.counters;
  c.ending = [] { return false; };
  {
    http::admin::server other{std::move(c), http::asset_store::from_files(none), system,
                              caf::actor_cast<actors::root_actor>(silent)};
    raw_client line{other.port()};
    line.send("GET /admin/api/events HTTP/1.1\r\nHost: localhost\r\n" + bearer() + "\r\n");
    while (*asked == 0)
      std::this_thread::sleep_for(1ms);
    other.stop();
  }
  caf::anon_send_exit(silent, caf::exit_reason::kill);
  for (int i = 0; i < 2000 && held.use_count() > 1; ++i)
    std::this_thread::sleep_for(1ms);
  CHECK_EQUAL(held.use_count(), 1);
}

FIXTURE_SCOPE_END()
