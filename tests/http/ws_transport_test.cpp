#define CAF_SUITE http_ws_transport
#include "http/shell/ws_transport.hpp"

#include "base/log.hpp"
#include "http/support/running_site.hpp"
#include "support/test.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/beast/http/read.hpp>

#include <future>
#include <thread>

using namespace catchup;
using namespace catchup::http;
using namespace catchup::test;
using namespace std::chrono_literals;

namespace {

base::buffer bytes_of(std::string_view text) {
  auto view = base::as_bytes(text);
  return {view.begin(), view.end()};
}

/// Calls that a handler got, for the thread of the test.
class call_record {
public:
  void add(std::string call) {
    std::lock_guard lock{mutex_};
    calls_.push_back(std::move(call));
  }
  /// Waits for a call with this name.
  bool has(const std::string& call) const {
    for (int i = 0; i < 300; ++i) {
      {
        std::lock_guard lock{mutex_};
        if (std::ranges::find(calls_, call) != calls_.end())
          return true;
      }
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  std::size_t count(const std::string& call) const {
    std::lock_guard lock{mutex_};
    return static_cast<std::size_t>(std::ranges::count(calls_, call));
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> calls_;
};

/// Does what a client's message names, and sends other messages back.
class echo final : public ws_handler {
public:
  echo(ws_transport& transport, std::shared_ptr<call_record> record)
    : transport_(transport), record_(std::move(record)) {}
  ~echo() override { record_->add("destroyed"); }

  void opened(bool within_quota, base::time_point) override {
    record_->add(within_quota ? "opened" : "beyond quota");
    if (!within_quota)
      transport_.finish(4001);
  }
  void received(base::const_bytes message, bool text, base::time_point) override {
    auto what = base::as_text(message);
    if (what == "finish")
      transport_.finish(4002);
    else if (what == "end")
      transport_.end();
    else if (what == "admit")
      transport_.admit();
    else if (what == "tick soon")
      tick_at(base::clock::now() + 50ms);
    else if (what == "hold")
      hold();
    else if (what == "fill")
      fill();
    else
      transport_.send(bytes_of((text ? "text " : "binary ") + std::string{what}));
  }
  void too_fast() override { transport_.finish(4003); }
  base::time_point deadline() const override { return deadline_; }
  void tick(base::time_point now) override {
    record_->add("tick");
    deadline_ = now + 1h;
  }
  void ended() override { record_->add("ended"); }

private:
  void hold() {
    transport_.hold();
    record_->add("held");
  }

  void tick_at(base::time_point when) {
    deadline_ = when;
    transport_.arm();
  }

  // Without a pause, so that nothing of it is written meanwhile.
  void fill() {
    std::size_t usual = 0, urgent = 0;
    while (transport_.send(bytes_of("x")))
      ++usual;
    while (transport_.send_urgent(bytes_of("y")))
      ++urgent;
    record_->add("filled " + std::to_string(usual) + " and " + std::to_string(urgent));
  }

  ws_transport& transport_;
  const std::shared_ptr<call_record> record_;
  base::time_point deadline_ = base::clock::now() + 1h;
};

/// A port whose WebSockets echo.
class echo_site {
public:
  explicit echo_site(server_config config = short_lived())
    : shared(std::make_shared<hub>(std::move(config), asset_store::from_files({}), system,
                                   actors::registry_actor{}, nullptr)),
      acceptor_(shared->io, {net::ip::make_address("127.0.0.1"), 0}) {
    policy.origin = origin_rule::any;
    policy.early_message = 1000;
    policy.message = 100'000;
    policy.messages_per_second = policy.message_burst = 100;
    policy.bytes_per_second = policy.byte_burst = 1'000'000;
    thread_ = std::thread{[this] { shared->io.run(); }};
  }
  ~echo_site() {
    for (auto& c : shared->live())
      net::post(c->executor(), [c] { c->shut(); });
    work_.reset();
    thread_.join();
    shared->stopped();
  }

  static server_config short_lived() {
    auto out = test_config();
    out.limits.ping_interval = 100ms;
    out.limits.silence_time = 2000ms;
    out.limits.linger_time = 200ms;
    out.limits.queued_messages = 8;
    return out;
  }

  /// A client's connection, with the server's end of it in `transport`.
  ws_client open() {
    auto accepted = std::async(std::launch::async, [this] { accept(); });
    ws_client out{acceptor_.local_endpoint().port()};
    accepted.get();
    return out;
  }

  site_config actor_config;
  caf::actor_system system{actor_config};
  upgrade_policy policy;
  std::string subprotocol;
  hub_ptr shared;
  std::shared_ptr<call_record> record = std::make_shared<call_record>();
  std::weak_ptr<ws_transport> transport;

private:
  void accept() {
    tcp::socket socket{net::make_strand(shared->io)};
    acceptor_.accept(socket);
    accepted_upgrade accepted;
    boost::beast::flat_buffer buffer;
    boost::beast::http::read(socket, buffer, accepted.request);
    accepted.policy = policy;
    accepted.subprotocol = subprotocol;
    accepted.source = "192.0.2.1";
    auto executor = socket.get_executor();
    auto made = std::make_shared<ws_transport>(shared, std::move(socket), accepted);
    transport = made;
    net::post(executor, [made, record = record, accepted = std::move(accepted)]() mutable {
      auto handler = std::make_unique<echo>(*made, record);
      made->start(std::move(accepted), std::move(handler));
    });
  }

  net::executor_work_guard<net::io_context::executor_type> work_{shared->io.get_executor()};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

/// The next message; pings are answered. `closed CODE` or `gone` at the end.
std::string next(ws_client& client) {
  for (;;) {
    auto f = client.receive_frame();
    if (f.op == ws_client::binary)
      return f.data;
    if (f.op == ws_client::ping_frame)
      client.send_frame(ws_client::pong_frame, f.data);
    if (f.op == 0)
      return "gone";
    if (f.op == ws_client::close_frame) {
      auto code =
          static_cast<unsigned char>(f.data[0]) * 256 + static_cast<unsigned char>(f.data[1]);
      client.send_frame(ws_client::close_frame, f.data);
      return "closed " + std::to_string(code);
    }
  }
}

} // namespace

FIXTURE_SCOPE(ws_transport_tests, echo_site)

TEST(messages of both kinds reach the handler and its answers the client) {
  auto client = open();
  CHECK_EQUAL(client.upgrade().status, 101);
  client.send("hello");
  CHECK_EQUAL(next(client), "binary hello");
  client.send_frame(ws_client::text, "hello");
  CHECK_EQUAL(next(client), "text hello");
  client.send("");
  CHECK_EQUAL(next(client), "binary ");
}

TEST(the agreed subprotocol is answered and none when there is none) {
  CHECK_EQUAL(open().upgrade().header("sec-websocket-protocol"), "");
  subprotocol = "catchup.v1";
  CHECK_EQUAL(open().upgrade().header("sec-websocket-protocol"), "catchup.v1");
}

TEST(an empty message is a message) {
  auto client = open();
  REQUIRE(record->has("opened"));
  CHECK(transport.lock()->send({}));
  CHECK_EQUAL(next(client), "");
  client.send("still there");
  CHECK_EQUAL(next(client), "binary still there");
}

TEST(another thread can send and close with a code) {
  auto client = open();
  REQUIRE(record->has("opened"));
  auto from_here = transport.lock();
  CHECK(from_here->send(bytes_of("news")));
  from_here->close(4000);
  CHECK(!from_here->send(bytes_of("too late")));
  from_here = nullptr;
  CHECK_EQUAL(next(client), "news");
  CHECK_EQUAL(next(client), "closed 4000");
  CHECK(record->has("ended"));
  CHECK(record->has("destroyed"));
  CHECK_EQUAL(record->count("ended"), 1u);
}

TEST(a handler that finishes reads no further message) {
  auto client = open();
  client.send("finish");
  client.send("ignored");
  CHECK_EQUAL(next(client), "closed 4002");
}

TEST(a client that never answers the close is dropped) {
  auto client = open();
  client.send("finish");
  CHECK(record->has("destroyed"));
}

TEST(a handler can end at once) {
  auto client = open();
  client.send("end");
  CHECK_EQUAL(next(client), "gone");
  CHECK(record->has("destroyed"));
}

TEST(nothing is read or written between hold and resume) {
  auto client = open();
  REQUIRE(record->has("opened"));
  auto held = transport.lock();
  client.send("hold");
  client.send("later");
  REQUIRE(record->has("held"));
  held->send(bytes_of("first"));
  std::this_thread::sleep_for(50ms);
  net::post(held->executor(), [held] {
    held->send(bytes_of("second"));
    held->resume();
  });
  CHECK_EQUAL(next(client), "first");
  CHECK_EQUAL(next(client), "second");
  CHECK_EQUAL(next(client), "binary later");
}

TEST(the end of a hold by finish writes what was queued) {
  auto client = open();
  REQUIRE(record->has("opened"));
  auto held = transport.lock();
  client.send("hold");
  REQUIRE(record->has("held"));
  held->send(bytes_of("last words"));
  std::this_thread::sleep_for(50ms);
  net::post(held->executor(), [held] { held->finish(4005); });
  CHECK_EQUAL(next(client), "last words");
  CHECK_EQUAL(next(client), "closed 4005");
}

TEST(the queue is bounded and urgent messages get a little more) {
  auto client = open();
  client.send("fill");
  CHECK(record->has("filled 8 and 16"));
  CHECK_EQUAL(shared->counters.queues_full.load(), 2u);
  for (int i = 0; i < 24; ++i)
    CHECK_EQUAL(next(client), i < 8 ? "x" : "y");
}

TEST(a message beyond the limit ends the connection and longer ones need an admission) {
  {
    auto client = open();
    client.send(std::string(1000, 'x'));
    CHECK_EQUAL(next(client), "binary " + std::string(1000, 'x'));
    client.send(std::string(1001, 'x'));
    CHECK_EQUAL(next(client), "closed 1009");
  }
  CHECK(record->has("destroyed"));
  CHECK_EQUAL(shared->counters.messages_too_large.load(), 1u);
  auto client = open();
  client.send("admit");
  client.send(std::string(100'000, 'x'));
  CHECK_EQUAL(next(client).size(), 100'007u);
  client.send(std::string(100'001, 'x'));
  CHECK_EQUAL(next(client), "closed 1009");
}

TEST(a client that sends more than its policy allows is told to the handler) {
  policy.messages_per_second = 1;
  policy.message_burst = 3;
  auto client = open();
  for (int i = 0; i < 4; ++i)
    client.send_frame(ws_client::pong_frame, "");
  CHECK_EQUAL(next(client), "closed 4003");
}

TEST(a connection beyond the quota is opened and told so) {
  std::vector<connection_quota::slot> others;
  for (auto slot = shared->sockets.enter("192.0.2.1"); slot;
       slot = shared->sockets.enter("192.0.2.1"))
    others.push_back(std::move(slot));
  auto client = open();
  CHECK_EQUAL(client.upgrade().status, 101);
  CHECK_EQUAL(next(client), "closed 4001");
  CHECK(record->has("beyond quota"));
}

TEST(a client that answers pings stays and a silent one is dropped) {
  auto client = open();
  auto until = base::clock::now() + 2500ms;
  client.send("still here");
  while (base::clock::now() < until)
    if (client.receive_frame().op == ws_client::ping_frame)
      client.send_frame(ws_client::pong_frame, "");
  CHECK_EQUAL(record->count("ended"), 0u);
  CHECK(transport.lock()->rtt_ms() >= 1);
  CHECK(record->has("destroyed"));
}

TEST(the handler is called at its deadline) {
  auto client = open();
  client.send("nothing yet");
  CHECK_EQUAL(next(client), "binary nothing yet");
  CHECK_EQUAL(record->count("tick"), 0u);
  client.send("tick soon");
  CHECK(record->has("tick"));
  CHECK_EQUAL(record->count("tick"), 1u);
}

TEST(connections are counted until they are gone) {
  {
    auto client = open();
    CHECK(record->has("opened"));
    CHECK_EQUAL(shared->counters.connections.load(), 1u);
    CHECK_EQUAL(shared->counters.sockets_opened.load(), 1u);
    CHECK_EQUAL(shared->sockets.total(), 1u);
  }
  CHECK(record->has("destroyed"));
  CHECK_EQUAL(shared->sockets.total(), 0u);
}

FIXTURE_SCOPE_END()
