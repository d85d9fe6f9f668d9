#pragma once
// A server core with two clients, for the tests of what it answers and what it relays.

#include "support/hex.hpp"
#include "support/test.hpp"
#include "support/turn_client.hpp"
#include "turn/allocation.hpp"
#include "turn/channel_data.hpp"
#include "turn/server_core.hpp"

namespace catchup::turn::server_core_tests {

using namespace std::chrono_literals;
using catchup::test::at;
using catchup::test::hex;
using catchup::test::stun_copy;
using catchup::test::turn_client;
using stun::attribute;

constexpr base::unix_seconds t0 = 1'700'000'000;
const auto server = at("203.0.113.1", 3478);

inline five_tuple udp(std::string_view ip, std::uint16_t port) {
  return {.client = at(ip, port), .server = server, .transport = transport::udp, .connection = 0};
}

inline base::buffer flat(const transmit& t) {
  auto out = base::to_buffer(t.head);
  out.insert(out.end(), t.payload.begin(), t.payload.end());
  out.resize(out.size() + t.padding);
  return out;
}

struct fixture {
  server_core core{{.secret = "s3cr3t"}};
  media::timestamps t{base::time_point{1000s}, t0};
  turn_client alice{udp("198.51.100.1", 4000), make_credentials("s3cr3t", "alice", t0 + 3600)};
  turn_client bob{udp("198.51.100.2", 5000), make_credentials("s3cr3t", "bob", t0 + 3600)};
  allocation_id last_id = 0;

  /// Answer to the sender, if any.
  std::optional<stun_copy> ask(turn_client& c, base::const_bytes in) {
    auto a = core.handle(t, c.tuple(), in);
    auto* out = std::get_if<transmit>(&a);
    if (out == nullptr)
      return std::nullopt;
    CHECK(out->to == c.tuple());
    return stun_copy{flat(*out)};
  }
  std::optional<request> hand_on(turn_client& c, base::const_bytes in) {
    auto a = core.handle(t, c.tuple(), in);
    auto* out = std::get_if<request>(&a);
    return out ? std::optional{*out} : std::nullopt;
  }
  bool silent(const five_tuple& from, base::const_bytes in) {
    return std::holds_alternative<std::monostate>(core.handle(t, from, in));
  }
  void authenticate(turn_client& c) { c.learn(*ask(c, c.allocate())); }

  stun_copy reply_to(const request& r, response value) {
    auto out = core.apply(reply{r.from, r.transaction, std::move(value)});
    if (!out)
      FAIL_TEST("no answer");
    CHECK(out->to == r.from);
    return stun_copy{flat(*out)};
  }

  /// An allocation as its actor would publish it.
  allocation allocated(turn_client& c, std::uint16_t port, std::string_view ip = "203.0.113.1") {
    request r;
    r.from = c.tuple();
    allocation out{++last_id, {{at(ip, 0).ip}}, at(ip, port), r, t.now};
    core.apply(install{out.snapshot()});
    return out;
  }
  void permit(allocation& a, const base::endpoint& peer) {
    request r;
    r.method = stun::method::create_permission;
    r.peers = {peer};
    CHECK_EQUAL(a.handle(t.now, r).answer.error, 0);
    core.apply(install{a.snapshot()});
  }
  void bind(allocation& a, std::uint16_t channel, const base::endpoint& peer) {
    request r;
    r.method = stun::method::channel_bind;
    r.channel = channel;
    r.peers = {peer};
    CHECK_EQUAL(a.handle(t.now, r).answer.error, 0);
    core.apply(install{a.snapshot()});
  }
  void pass(std::chrono::seconds by) {
    t.now += by;
    t.wall += by.count();
  }
  /// Receivers and content when `from` sends `in`.
  std::optional<std::pair<five_tuple, base::buffer>> relayed(const turn_client& from,
                                                             base::const_bytes in) {
    auto a = core.handle(t, from.tuple(), in);
    auto* out = std::get_if<transmit>(&a);
    if (out == nullptr)
      return std::nullopt;
    CHECK(out->media);
    return std::pair{out->to, flat(*out)};
  }
};

} // namespace catchup::turn::server_core_tests
