// Random clients do random things for hours of virtual time; every answer and
// every packet is compared with what a model of a few lines expects.
#define CAF_SUITE turn_model
#include "support/turn_world.hpp"
#include "turn/channel_data.hpp"

#include <map>

using namespace catchup;
using namespace std::chrono_literals;
using catchup::test::stun_copy;
using catchup::test::turn_client;
using catchup::test::turn_world;
using turn::stun::attribute;

namespace {

struct binding {
  base::endpoint peer;
  base::time_point until;
};

/// RFC 8656 as far as one relayed address goes.
struct model {
  turn_client client;
  base::endpoint relayed{};
  base::time_point lease{};
  base::time_point permission{};
  std::map<std::uint16_t, binding> channels{};

  bool alive(base::time_point now) const { return now < lease; }
  bool permits(base::time_point now) const { return alive(now) && now < permission; }
  std::optional<std::uint16_t> channel_of(base::time_point now, const base::endpoint& peer) const {
    for (const auto& [number, b] : channels)
      if (b.peer == peer && now < b.until)
        return number;
    return std::nullopt;
  }
  void end() {
    lease = {};
    permission = {};
    channels.clear();
  }
};

struct fixture : turn_world {
  static constexpr std::size_t people = 6;

  fixture() {
    for (std::uint16_t i = 0; i < people; ++i) {
      all.push_back({client(static_cast<std::uint16_t>(1000 + i), "user" + std::to_string(i),
                            "198.51.100." + std::to_string(i + 1))});
      authenticate(all.back().client);
    }
  }

  std::uint32_t pick(std::uint32_t below) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(seed >> 33) % below;
  }
  base::time_point now() { return sched.clock().now(); }

  void expect(const char* what, int got, int wanted) {
    CHECK_EQUAL(std::string{what} + " " + std::to_string(got) + " in step " + std::to_string(step),
                std::string{what} + " " + std::to_string(wanted) + " in step " +
                    std::to_string(step));
  }

  void allocate_one(model& m) {
    auto out = ask(m.client, m.client.allocate());
    REQUIRE(out);
    expect("allocate", out->error(), m.alive(now()) ? 437 : 0);
    if (!out->success())
      return;
    m.end();
    m.relayed = *out->address(attribute::xor_relayed_address);
    m.lease = now() + 600s;
  }
  void refresh(model& m) {
    auto seconds = pick(4) == 0 ? 0 : pick(4000);
    bool was_alive = m.alive(now());
    expect("refresh", code(m.client, m.client.refresh(seconds)), was_alive ? 0 : 437);
    if (!was_alive)
      return;
    if (seconds == 0)
      m.end();
    else
      m.lease = now() + std::chrono::seconds{std::clamp(seconds, 600u, 3600u)};
  }
  void permit(model& m, const base::endpoint& peer) {
    expect("permit", code(m.client, m.client.permit({peer})), m.alive(now()) ? 0 : 437);
    if (m.alive(now()))
      m.permission = std::max(m.permission, now() + 300s);
  }
  void bind(model& m, const base::endpoint& peer) {
    auto number = static_cast<std::uint16_t>(0x4000 + pick(4));
    int wanted = 0;
    for (const auto& [n, b] : m.channels)
      if (now() < b.until && (n == number) != (b.peer == peer))
        wanted = 400;
    if (!m.alive(now()))
      wanted = 437;
    expect("bind", code(m.client, m.client.bind(number, peer)), wanted);
    if (wanted != 0)
      return;
    m.channels[number] = {peer, now() + 600s};
    m.permission = now() + 600s; // as long as the channel
  }

  /// Answers of the server to `in` from `from`, and the expected ones.
  void relay(model& from, const base::buffer& in, std::optional<base::endpoint> peer) {
    model* to = nullptr;
    if (peer && from.permits(now()))
      for (auto& m : all)
        if (m.alive(now()) && m.relayed == *peer && m.permits(now()))
          to = &m;
    auto a = core.handle(moment(), from.client.tuple(), in);
    auto* out = std::get_if<turn::transmit>(&a);
    expect("relayed", out != nullptr, to != nullptr);
    if (out == nullptr || to == nullptr)
      return;
    CHECK(out->to == to->client.tuple());
    CHECK_EQUAL(base::as_text(out->payload), "payload");
    auto channel = to->channel_of(now(), from.relayed);
    bool as_channel_data = std::to_integer<unsigned>(out->head.front()) >= 0x40;
    expect("as channel data", as_channel_data, channel.has_value());
    if (as_channel_data && channel)
      expect("channel", base::reader{out->head}.u16(), *channel);
  }

  void one_step() {
    auto& m = all[pick(people)];
    auto& other = all[pick(people)];
    auto peer = other.relayed.port != 0 ? other.relayed : test::at("203.0.113.1", 49'152);
    switch (pick(8)) {
    case 0:
      allocate_one(m);
      break;
    case 1:
      refresh(m);
      break;
    case 2:
      permit(m, peer);
      break;
    case 3:
      bind(m, peer);
      break;
    case 4:
      advance(std::chrono::seconds{1 + pick(120)});
      break;
    case 5:
    case 6:
      relay(m, m.client.send(peer, base::as_bytes("payload")), peer);
      break;
    default: {
      auto number = static_cast<std::uint16_t>(0x4000 + pick(4));
      auto b = m.channels.find(number);
      bool live = b != m.channels.end() && now() < b->second.until;
      relay(m, turn_client::channel_data(number, base::as_bytes("payload")),
            live ? std::optional{b->second.peer} : std::nullopt);
    }
    }
  }

  std::vector<model> all;
  std::uint64_t seed = 1;
  int step = 0;
};

} // namespace

FIXTURE_SCOPE(turn_model_tests, fixture)

TEST(random clients get what the model says) {
  int steps = std::getenv("TEST_LONG") != nullptr ? 100'000 : 3000;
  advance(1s);
  for (step = 0; step < steps; ++step)
    one_step();
  std::size_t alive = 0;
  for (const auto& m : all)
    alive += m.alive(now());
  CHECK_EQUAL(relay_status().allocations, alive);
  // When everybody is gone nothing is left.
  advance(2h);
  CHECK_EQUAL(relay_status().allocations, 0u);
  CHECK_EQUAL(core.routes(), 0u);
}

FIXTURE_SCOPE_END()
