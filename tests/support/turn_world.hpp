#pragma once
// Relay and allocations in virtual time, with the real core in place of the
// media thread and clients that speak to it in bytes.

#include "actors/relay.hpp"
#include "support/actor_fixture.hpp"
#include "support/turn_client.hpp"
#include "turn/server_core.hpp"

namespace catchup::test {

struct turn_messages : caf::actor_system_config {
  turn_messages() { actors::add_turn_messages(*this); }
};

/// Carries commands out at once and keeps what would go over the wire.
class inline_media final : public turn::shell::command_sink {
public:
  explicit inline_media(turn::server_core& core) : core_(core) {}

  bool post(turn::command c) override {
    if (full && !std::holds_alternative<turn::remove>(c))
      return false;
    if (std::holds_alternative<turn::usage_seen>(c))
      ++usage_seen;
    if (auto out = core_.apply(c))
      sent.emplace_back(out->to, stun_copy{out->head});
    return true;
  }
  void subscribe(std::shared_ptr<turn::shell::events> to) override { events = std::move(to); }
  void unsubscribe(const turn::shell::events* from) override {
    if (events.get() == from)
      events.reset();
  }

  std::shared_ptr<turn::shell::events> events;
  std::vector<std::pair<turn::five_tuple, stun_copy>> sent;
  int usage_seen = 0;
  bool full = false;

private:
  turn::server_core& core_;
};

class turn_world : public actor_fixture<turn_messages> {
public:
  static constexpr base::unix_seconds t0 = 1'700'000'000;

  explicit turn_world(actors::relay_config c = default_config())
    : relay(actors::spawn_relay(*self, std::move(c), media)) {
    settle();
  }
  ~turn_world() {
    caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
    settle();
    media->events.reset();
  }

  static actors::relay_config default_config() {
    actors::relay_config out;
    out.plan.public_ips = {at("203.0.113.1", 0).ip};
    return out;
  }

  static turn_client client(std::uint16_t port, std::string_view user,
                            std::string_view ip = "198.51.100.1") {
    turn::five_tuple t;
    t.client = at(ip, port);
    t.server = at("203.0.113.1", 3478);
    return {t, turn::make_credentials("s3cr3t", user, t0 + 100'000)};
  }

  media::timestamps moment() { return {sched.clock().now(), t0}; }

  /// Sends and, when an actor answers or the core does, returns it.
  std::optional<stun_copy> ask(turn_client& c, const base::buffer& in) {
    media->sent.clear();
    auto a = core.handle(moment(), c.tuple(), in);
    if (auto* out = std::get_if<turn::transmit>(&a))
      return stun_copy{out->head};
    if (auto* r = std::get_if<turn::request>(&a); r && media->events)
      media->events->on_request(*r);
    settle();
    if (media->sent.empty())
      return std::nullopt;
    CHECK_EQUAL(media->sent.size(), 1u);
    CHECK(media->sent.front().first == c.tuple());
    CHECK(media->sent.front().second.view().transaction() == c.transaction());
    return media->sent.front().second;
  }

  /// The error code of the answer, 0 for success.
  int code(turn_client& c, const base::buffer& in) {
    auto out = ask(c, in);
    if (!out)
      FAIL_TEST("no answer");
    CHECK(out->error() == 401 || out->view().integrity_ok(c.key()));
    return out->error();
  }

  void authenticate(turn_client& c) {
    c.forget_challenge();
    c.learn(*ask(c, c.allocate()));
  }

  /// Authenticates and allocates; the relayed address.
  base::endpoint allocate(turn_client& c) {
    authenticate(c);
    auto out = ask(c, c.allocate());
    if (!out || !out->success())
      FAIL_TEST("not allocated");
    return *out->address(turn::stun::attribute::xor_relayed_address);
  }

  /// Whether a payload from one client reaches the other.
  bool carries(turn_client& from, const turn_client& to, const base::endpoint& relayed) {
    auto a = core.handle(moment(), from.tuple(), from.send(relayed, base::as_bytes("x")));
    auto* out = std::get_if<turn::transmit>(&a);
    return out != nullptr && out->to == to.tuple();
  }

  void report_usage() {
    if (media->events)
      media->events->on_usage(core.take_usage(), core.totals());
    settle();
  }

  actors::msg::relay_status relay_status() {
    return actor_fixture::ask<actors::msg::relay_status>(relay, actors::msg::get_relay_status{});
  }

  turn::server_core core{{.secret = "s3cr3t", .nonce_validity = std::chrono::hours{48}}};
  std::shared_ptr<inline_media> media = std::make_shared<inline_media>(core);
  actors::relay_actor relay;
};

} // namespace catchup::test
