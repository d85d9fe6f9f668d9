#define CAF_SUITE http_limits
#include "http/support/running_site.hpp"
#include "support/test.hpp"

#include <thread>

using namespace catchup;
using namespace catchup::test;
using namespace std::chrono_literals;

namespace {

struct impatient_site : running_site {
  static http::server_config impatient() {
    auto out = test_config();
    out.limits.request_time = 400ms;
    out.limits.keep_alive_time = 800ms;
    out.limits.linger_time = 300ms;
    out.limits.connections = 20;
    return out;
  }
  impatient_site() : running_site(impatient()) {}
};

struct site_of_few : running_site {
  static http::server_config few() {
    auto out = test_config();
    out.limits.connections_per_source = 3;
    out.limits.proxies_too = true; // this machine is one
    return out;
  }
  site_of_few() : running_site(few()) {}
};

auto elapsed_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::steady_clock::now() - start;
}

} // namespace

FIXTURE_SCOPE(limits_tests, impatient_site)

TEST(a head that drips in is timed out) {
  auto client = connect();
  auto start = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\n");
  // A byte now and then does not buy more time.
  for (int i = 0; i < 60 && elapsed_since(start) < 800ms; ++i) {
    client.send("X");
    std::this_thread::sleep_for(20ms);
  }
  CHECK_EQUAL(client.receive().status, 408);
  CHECK(client.at_end());
  CHECK_EQUAL(config.counters->refusals[static_cast<std::size_t>(http::api_error::timeout)].load(),
              1u);
}

TEST(a body that does not come is timed out) {
  auto client = connect();
  client.send("POST /create-room HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
  auto got = client.receive();
  CHECK_EQUAL(got.status, 408);
  CHECK(got.body.starts_with(R"({"error":{"code":"timeout")"));
  CHECK_EQUAL(got.header("connection"), "close");
  CHECK(client.at_end());
}

TEST(a connection that says nothing is closed without a word) {
  auto client = connect();
  CHECK_EQUAL(client.take(1), "");
  auto kept = connect();
  CHECK_EQUAL(kept.get("/healthz").status, 200);
  auto start = std::chrono::steady_clock::now();
  CHECK_EQUAL(kept.take(1), "");
  CHECK(elapsed_since(start) > 600ms); // keep-alive is longer
}

TEST(a head that is too large is refused) {
  auto client = connect();
  auto got = client.get("/", "X-Long: " + std::string(70'000, 'x') + "\r\n");
  CHECK_EQUAL(got.status, 431);
  CHECK(got.body.starts_with(R"({"error":{"code":"too-large")"));
  CHECK(client.at_end());
  CHECK_EQUAL(connect().get("/", "X-Long: " + std::string(60'000, 'x') + "\r\n").status, 200);
  CHECK_EQUAL(connect().get("/" + std::string(70'000, 'x')).status, 431);
}

TEST(a body that is too large is refused) {
  auto announced = connect();
  announced.send("POST /create-room HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n");
  auto got = announced.receive();
  CHECK_EQUAL(got.status, 413);
  CHECK(got.body.starts_with(R"({"error":{"code":"too-large")"));
  CHECK(announced.at_end());

  auto sent = connect();
  CHECK_EQUAL(sent.post("/create-room", std::string(65'537, ' ')).status, 413);
  CHECK_EQUAL(connect().post("/create-room", std::string(65'536, ' ')).status, 400);

  auto chunked = connect();
  chunked.send("POST /create-room HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i)
    chunked.send("4000\r\n" + std::string(0x4000, ' ') + "\r\n");
  CHECK_EQUAL(chunked.receive().status, 413);
}

TEST(a client that waits for leave to send its body gets it) {
  auto client = connect();
  client.send("POST /create-room HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK_EQUAL(client.take(25), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  CHECK_EQUAL(client.receive().status, 400);
}

TEST(what is not HTTP is refused) {
  for (std::string junk :
       {"junk\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02 TLS?\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nBad Header: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\x01\r\n\r\n",
        "POST /create-room HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        "POST /create-room HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        "POST /create-room HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: "
        "chunked\r\n\r\n{}",
        "POST /create-room HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"}) {
    auto client = connect();
    client.send(junk);
    auto got = client.receive();
    CHECK_EQUAL(got.status, 400);
    CHECK(got.body.starts_with(R"({"error":{"code":"bad-request")"));
    CHECK(client.at_end());
  }
}

TEST(connections are limited and free again when they end) {
  std::vector<raw_client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    CHECK_EQUAL(clients.back().get("/healthz").status, 200);
  }
  CHECK_EQUAL(connect().get("/healthz").status, 0);
  CHECK_EQUAL(server->counters().refused, 1u);
  clients.clear();
  int status = 0;
  for (int i = 0; i < 100 && status == 0; ++i) {
    std::this_thread::sleep_for(10ms);
    status = connect().get("/healthz").status;
  }
  CHECK_EQUAL(status, 200);
}

TEST(a client that vanishes in the middle leaves nothing behind) {
  for (int i = 0; i < 10; ++i) {
    auto client = connect();
    client.send("POST /create-room HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{");
  }
  for (int i = 0; i < 200 && server->counters().connections != 0; ++i)
    std::this_thread::sleep_for(10ms);
  CHECK_EQUAL(server->counters().connections, 0u);
}

TEST(a server stops at once with connections of every kind open) {
  auto idle = connect(), half = connect(), kept = connect();
  half.send("GET / HT");
  CHECK_EQUAL(kept.get("/healthz").status, 200);
  auto socket = open();
  auto member = open();
  CHECK_EQUAL(member.enter(person('a')).t(), "welcome");
  auto start = std::chrono::steady_clock::now();
  server->stop();
  CHECK(elapsed_since(start) < 1s);
  CHECK_EQUAL(server->counters().connections, 0u);
  CHECK_EQUAL(server->counters().sockets, 0u);
  CHECK(kept.at_end());
  server->stop();
}

FIXTURE_SCOPE_END()

FIXTURE_SCOPE(source_tests, site_of_few)

TEST(a source has as many connections as it may and the next is closed) {
  std::vector<raw_client> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(connect());
    CHECK_EQUAL(held.back().get("/healthz").status, 200);
  }
  CHECK_EQUAL(connect().get("/healthz").status, 0);
  CHECK_EQUAL(config.counters->refused_source.load(), 1u);
  held.pop_back();
  int status = 0;
  for (int i = 0; i < 200 && status == 0; ++i) {
    std::this_thread::sleep_for(10ms);
    status = connect().get("/healthz").status;
  }
  CHECK_EQUAL(status, 200);
}

TEST(a connection that became a WebSocket counts as that) {
  std::vector<ws_client> sockets;
  for (int i = 0; i < 5; ++i) {
    sockets.push_back(open());
    REQUIRE_EQUAL(sockets.back().upgrade().status, 101);
  }
  CHECK_EQUAL(config.counters->refused_source.load(), 0u);
}

FIXTURE_SCOPE_END()
