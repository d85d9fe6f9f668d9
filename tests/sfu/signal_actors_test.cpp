// Rooms and sessions of LiveKit's clients as actors (actors/sfu).
#define CAF_SUITE sfu_signal_actors
#include "actors/register.hpp"
#include "actors/sfu/rooms.hpp"
#include "sfu/signal/join_request.hpp"
#include "support/actor_fixture.hpp"

#include <algorithm>

using namespace catchup;
using namespace catchup::actors;
using namespace std::chrono_literals;

namespace plane = sfu::signal::media;

namespace {

struct actor_config : caf::actor_system_config {
  actor_config() { add_control_messages(*this); }
};

/// The media server as a list of commands.
struct fake_media : sfu::signal::media::plane {
  std::vector<sfu::signal::media::command> commands;
  std::shared_ptr<sfu::signal::media::listener> listener;
  bool full = false;

  bool post(sfu::signal::media::command c) override {
    if (full)
      return false;
    commands.push_back(std::move(c));
    return true;
  }
  void subscribe(std::shared_ptr<sfu::signal::media::listener> to) override {
    listener = std::move(to);
  }
  void unsubscribe() override { listener = nullptr; }

  template <class T>
  std::size_t count() const {
    return static_cast<std::size_t>(std::count_if(
        commands.begin(), commands.end(), [](auto& c) { return std::holds_alternative<T>(c); }));
  }
};

struct fake_client : sfu_sink {
  std::vector<livekit::SignalResponse> heard;
  std::size_t capacity = 1000;
  bool closed = false;

  bool push(std::shared_ptr<const base::buffer> message) override {
    if (closed || heard.size() >= capacity)
      return false;
    REQUIRE(
        heard.emplace_back().ParseFromArray(message->data(), static_cast<int>(message->size())));
    return true;
  }
  void close() override { closed = true; }

  bool has(livekit::SignalResponse::MessageCase kind) const {
    return std::any_of(heard.begin(), heard.end(),
                       [&](auto& m) { return m.message_case() == kind; });
  }
};

struct fixture : test::actor_fixture<actor_config> {
  std::shared_ptr<fake_media> media = std::make_shared<fake_media>();
  std::shared_ptr<sfu_totals> counts = std::make_shared<sfu_totals>();
  sfu_actor sfu;

  fixture() {
    sfu_config settings;
    settings.media = media;
    settings.wall_ms = [] { return std::int64_t{1'800'000'000'000}; };
    settings.counts = counts;
    settings.max_rooms = 2;
    sfu = spawn_sfu(*self, std::move(settings));
    settle();
  }
  ~fixture() {
    kill(sfu);
    sfu = nullptr;
  }

  static msg::sfu_enter request(const std::string& room, const std::string& identity,
                                std::shared_ptr<fake_client> client) {
    livekit::JoinRequest r;
    r.mutable_client_info()->set_protocol(17);
    r.mutable_connection_settings()->set_auto_subscribe(true);
    sfu::signal::grants who;
    who.room = room;
    who.identity = identity;
    return {who, std::make_shared<const livekit::JoinRequest>(r), std::move(client)};
  }

  struct place {
    std::shared_ptr<fake_client> client = std::make_shared<fake_client>();
    msg::sfu_entered entered;
  };

  place enter(const std::string& room, const std::string& identity) {
    place out;
    out.entered = ask<msg::sfu_entered>(sfu, request(room, identity, out.client));
    return out;
  }

  void say(const place& p, const livekit::SignalRequest& r) {
    auto text = r.SerializeAsString();
    auto bytes = base::to_buffer(base::as_bytes(text));
    tell(p.entered.session, msg::sfu_bytes{std::make_shared<const base::buffer>(bytes)});
  }

  std::uint64_t counted(std::string_view name) {
    auto all = ask<msg::status>(sfu, msg::get_status{});
    for (auto& [key, value] : all.actors.at(0).counters)
      if (key == name)
        return value;
    return 999;
  }
};

} // namespace

FIXTURE_SCOPE(sfu_signal_actor_tests, fixture)

TEST(a client comes in and its pings are answered) {
  auto alice = enter("room", "alice");
  REQUIRE(!alice.client->heard.empty());
  CHECK(alice.client->heard.front().has_join());
  CHECK_EQUAL(media->count<plane::join>(), 1u);
  livekit::SignalRequest ping;
  ping.mutable_ping_req()->set_timestamp(7);
  say(alice, ping);
  REQUIRE(alice.client->has(livekit::SignalResponse::kPongResp));
  CHECK_EQUAL(alice.client->heard.back().pong_resp().last_ping_timestamp(), 7);
  CHECK_EQUAL(counted("participants"), 1u);
}

TEST(news of the media server reach their room) {
  auto alice = enter("room", "alice");
  auto bob = enter("other", "bob");
  auto id = std::get<plane::join>(media->commands.front()).participant;
  alice.client->heard.clear();
  bob.client->heard.clear();
  sfu::session::event e;
  e.what = sfu::session::event::kind::connected;
  e.participant = id;
  media->listener->on_news({e});
  settle();
  CHECK(alice.client->has(livekit::SignalResponse::kUpdate));
  CHECK_EQUAL(bob.client->heard.size(), 0u);
}

TEST(a client that leaves is gone for all) {
  auto alice = enter("room", "alice");
  livekit::SignalRequest leave;
  leave.mutable_leave();
  say(alice, leave);
  CHECK(alice.client->closed);
  CHECK_EQUAL(media->count<plane::leave>(), 1u);
  CHECK_EQUAL(counted("participants"), 0u);
}

TEST(a message that cannot be read ends the connection) {
  auto alice = enter("room", "alice");
  base::buffer junk(3, std::byte{0xff});
  tell(alice.entered.session, msg::sfu_bytes{std::make_shared<const base::buffer>(junk)});
  CHECK(alice.client->closed);
}

TEST(a client that reads too slowly loses its connection) {
  auto alice = enter("room", "alice");
  alice.client->capacity = alice.client->heard.size();
  enter("room", "bob");
  CHECK(alice.client->closed);
}

TEST(a late end of an old connection does not disturb the new one) {
  auto first = enter("room", "alice");
  auto sid = first.client->heard.front().join().participant().sid();
  auto id = std::get<plane::join>(media->commands.front()).participant;
  sfu::session::event e;
  e.what = sfu::session::event::kind::connected;
  e.participant = id;
  media->listener->on_news({e});
  settle();
  auto client = std::make_shared<fake_client>();
  auto again = request("room", "alice", client);
  auto r = *again.request;
  r.set_reconnect(true);
  r.set_participant_sid(sid);
  again.request = std::make_shared<const livekit::JoinRequest>(r);
  ask<msg::sfu_entered>(sfu, again);
  CHECK(first.client->closed);
  REQUIRE(!client->heard.empty());
  CHECK(client->heard.front().has_reconnect());
  tell(first.entered.session, msg::sfu_detached{first.entered.attachment});
  advance(120s);
  CHECK(!client->closed);
  CHECK_EQUAL(counted("resumes"), 1u);
}

TEST(a session that crashes ends only its participant) {
  auto alice = enter("room", "alice");
  auto bob = enter("room", "bob");
  bob.client->heard.clear();
  kill(alice.entered.session);
  CHECK(alice.client->closed);
  CHECK(!bob.client->closed);
  CHECK(bob.client->has(livekit::SignalResponse::kUpdate));
  CHECK_EQUAL(media->count<plane::leave>(), 1u);
  CHECK_EQUAL(counted("session_crashes"), 1u);
  auto back = enter("room", "alice");
  CHECK(back.client->heard.front().has_join());
}

TEST(all end with the actor of the media server and leave it) {
  auto alice = enter("room", "alice");
  auto bob = enter("other", "bob");
  kill(sfu);
  CHECK(alice.client->closed);
  CHECK(bob.client->closed);
  CHECK_EQUAL(media->count<plane::leave>(), 2u);
  CHECK(!media->listener);
}

TEST(rooms are limited and end when they are empty) {
  auto alice = enter("a", "alice");
  enter("b", "bob");
  auto client = std::make_shared<fake_client>();
  refuse<msg::sfu_entered>(sfu, request("c", "carol", client));
  CHECK(client->closed);
  CHECK_EQUAL(counted("refused"), 1u);
  livekit::SignalRequest leave;
  leave.mutable_leave();
  say(alice, leave);
  advance(20s);
  CHECK_EQUAL(counted("rooms"), 1u);
  CHECK(enter("c", "carol").client->heard.front().has_join());
}

TEST(while it drains only open rooms take clients) {
  enter("a", "alice");
  tell(sfu, msg::drain{true});
  CHECK(enter("a", "bob").client->heard.front().has_join());
  auto client = std::make_shared<fake_client>();
  refuse<msg::sfu_entered>(sfu, request("b", "carol", client));
  CHECK(client->closed);
}

TEST(commands that find a full queue are counted) {
  media->full = true;
  enter("a", "alice");
  CHECK_EQUAL(counted("commands_lost"), 1u);
  media->full = false;
}

FIXTURE_SCOPE_END()
