#define CAF_SUITE media_threads
#include "media/port/media_port.hpp"

#include "support/test.hpp"
#include "support/turn_socket.hpp"
#include "turn/little_relay.hpp"
#include "turn/shell/turn_group.hpp"

using namespace catchup;
using namespace catchup::turn;
using namespace std::chrono_literals;
using catchup::test::turn_client;
using catchup::test::turn_socket;

namespace {

struct fixture {
  fixture() : media(config(), {{group->handlers()[0]}, {group->handlers()[1]}}) {
    group->subscribe(relay);
    media.start();
  }
  ~fixture() { group->unsubscribe(relay.get()); }
  static media::port::media_port_config config() {
    media::port::media_port_config out;
    out.bind = test::loopback;
    out.port = 0;
    return out;
  }

  std::unique_ptr<turn_socket> connect(transport t, int i) {
    auto who = make_credentials("s3cr3t", "user" + std::to_string(i), base::unix_now() + 3600);
    return std::make_unique<turn_socket>(t, media.port(), who);
  }

  /// Each thread has the table, but not at the same moment: the first packet may
  /// be too early.
  static bool passes(turn_socket& from, turn_socket& to, base::const_bytes payload) {
    auto frame = turn_client::channel_data(0x4000, payload);
    for (int i = 0; i < 100; ++i) {
      from.send(frame);
      auto in = to.receive(100);
      if (!in.empty())
        return in == frame;
    }
    return false;
  }

  std::shared_ptr<shell::turn_group> group =
      std::make_shared<shell::turn_group>(core_config{.secret = "s3cr3t"}, 2);
  std::shared_ptr<test::little_relay> relay = std::make_shared<test::little_relay>(group);
  media::port::media_port media;
};

} // namespace

TEST(a group that ends lets go of a subscriber that did not unsubscribe) {
  struct silent final : shell::events {
    void on_request(const request&) override {}
    void on_closed(const five_tuple&) override {}
    void on_usage(std::vector<usage>, const core_counters&) override {}
  };
  auto subscriber = std::make_shared<silent>();
  std::weak_ptr<silent> left = subscriber;
  shell::turn_group{core_config{.secret = "s3cr3t"}, 2}.subscribe(std::move(subscriber));
  CHECK(left.expired());
}

namespace {

/// How many commands still fit.
std::size_t room_of(shell::turn_handler& h) {
  std::size_t n = 0;
  while (h.post(reply{}))
    ++n;
  return n;
}

} // namespace

TEST(a command that does not fit on every thread comes to none) {
  shell::turn_group group{core_config{.secret = "s3cr3t"}, 3};
  const auto& all = group.handlers();
  auto fits = room_of(*all[1]);
  CHECK(fits > 1000);
  CHECK(!group.post(reply{}));
  CHECK_EQUAL(room_of(*all[0]), fits);
  CHECK_EQUAL(room_of(*all[2]), fits);
  CHECK(group.post(turn::remove{})); // always finds room
}

TEST(a command after the end of a thread comes to none) {
  shell::turn_group group{core_config{.secret = "s3cr3t"}, 2};
  const auto& all = group.handlers();
  auto fits = room_of(*shell::turn_group{core_config{.secret = "s3cr3t"}, 1}.handlers()[0]);
  all[1]->stopped();
  CHECK(!group.post(reply{}));
  CHECK(!group.post(turn::remove{}));
  CHECK_EQUAL(room_of(*all[0]), fits);
}

FIXTURE_SCOPE(media_threads_tests, fixture)

TEST(media right behind a request passes whichever threads the clients have) {
  for (int i = 0; i < 16; ++i)
    for (auto kind : {transport::udp, transport::tcp}) {
      auto a = connect(kind, 2 * i);
      auto b = connect(transport::udp, 2 * i + 1);
      auto relayed_a = a->allocate();
      auto relayed_b = b->allocate();
      CHECK_EQUAL(b->ask(b->client.bind(0x4000, relayed_a)).error(), 0);
      auto segment = a->framed(a->client.bind(0x4001, relayed_b));
      auto frame = a->framed(turn_client::channel_data(0x4001, base::as_bytes("x")));
      if (kind == transport::tcp) {
        segment.insert(segment.end(), frame.begin(), frame.end());
        a->send_raw(segment);
      } else {
        a->send_raw(segment);
        a->send_raw(frame);
      }
      CHECK(b->receive() == turn_client::channel_data(0x4000, base::as_bytes("x")));
    }
}

TEST(clients of two threads relay to each other over every pair of transports) {
  std::vector<std::unique_ptr<turn_socket>> all;
  std::vector<base::endpoint> relayed;
  for (int i = 0; i < 16; ++i) {
    all.push_back(connect(i < 8 ? transport::udp : transport::tcp, i));
    relayed.push_back(all.back()->allocate());
  }
  // Everybody with somebody else in each round, so that all kinds of pairs occur.
  for (std::size_t distance : {1, 4, 8}) {
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((i & distance) == 0) {
        auto& a = *all[i];
        auto& b = *all[i + distance];
        auto channel = static_cast<std::uint16_t>(0x4000 + (distance == 1 ? 0 : distance));
        CHECK_EQUAL(a.ask(a.client.bind(channel, relayed[i + distance])).error(), 0);
        CHECK_EQUAL(b.ask(b.client.bind(channel, relayed[i])).error(), 0);
        base::buffer payload(700 + i, static_cast<std::byte>(i));
        auto frame = turn_client::channel_data(channel, payload);
        bool arrived = false;
        for (int n = 0; n < 50 && !arrived; ++n) {
          a.send(frame);
          arrived = b.receive(100) == frame;
        }
        CHECK(arrived);
      }
  }
}

TEST(the kernel spreads clients over both and reports add up) {
  std::vector<std::unique_ptr<turn_socket>> all;
  constexpr int pairs = 12;
  for (int i = 0; i < 2 * pairs; ++i)
    all.push_back(connect(transport::udp, i));
  std::uint64_t sent = 0;
  for (int i = 0; i < 2 * pairs; i += 2) {
    auto& a = *all[i];
    auto& b = *all[i + 1];
    auto relayed_a = a.allocate();
    auto relayed_b = b.allocate();
    CHECK_EQUAL(a.ask(a.client.bind(0x4000, relayed_b)).error(), 0);
    CHECK_EQUAL(b.ask(b.client.bind(0x4000, relayed_a)).error(), 0);
    for (int n = 0; n < 5; ++n) {
      CHECK(passes(a, b, base::as_bytes("one way")));
      CHECK(passes(b, a, base::as_bytes("and back")));
      sent += 2;
    }
  }
  for (int i = 0; i < 300 && relay->packets < sent; ++i)
    std::this_thread::sleep_for(10ms);
  CHECK(relay->packets >= sent);
  CHECK(relay->reports >= 2);
}

TEST(it stops with connections open) {
  auto a = connect(transport::tcp, 1);
  auto b = connect(transport::tcp, 2);
  a->allocate();
  b->allocate();
  media.stop();
  CHECK(a->closed_by_server());
  CHECK(b->closed_by_server());
}

FIXTURE_SCOPE_END()
