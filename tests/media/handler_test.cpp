// Guarantees of the port to a handler, with handlers that are not TURN.
#define CAF_SUITE handler
#include "media/port/handler.hpp"

#include "media/port/media_port.hpp"
#include "support/turn_socket.hpp"

#include <atomic>
#include <future>
#include <set>

using namespace catchup;
using namespace catchup::media;
using namespace std::chrono_literals;
using catchup::test::at;
using catchup::test::turn_socket;
using port::claim;
using port::packet;

namespace {

/// Does nothing; tests replace what they need.
struct quiet_handler : port::handler {
  claim receive(const packet&, port::outbox&) override { return claim::not_mine; }
  bool wants(const five_tuple&) override { return true; }
  void closed(const five_tuple&) override {}
  int wake_fd() const override { return waker.fd(); }
  void work(const timestamps&, port::outbox&) override {}
  void tick(const timestamps&, port::outbox&) override {}
  void stopped() override {}

  port::waker waker;
};

port::media_port_config loopback() {
  port::media_port_config out;
  out.bind = at("127.0.0.1", 0).ip;
  out.port = 0;
  return out;
}

turn_socket client(const port::media_port& p) { return {transport::udp, p.port(), {}}; }

base::buffer rtp(std::uint8_t number, std::size_t size = 100) {
  base::buffer out(size, std::byte{number});
  out.front() = std::byte{0x80};
  return out;
}

/// Answers each packet with `copies` datagrams that differ in every byte but the first.
struct fan_out final : quiet_handler {
  explicit fan_out(bool in_place) : in_place_(in_place) {}

  claim receive(const packet& p, port::outbox& out) override {
    for (int i = 0; i < copies; ++i) {
      auto space = in_place_ ? out.reserve(p.from, 1500) : base::bytes{scratch_};
      std::copy(p.bytes.begin(), p.bytes.end(), space.begin());
      for (std::size_t k = 1; k < p.bytes.size(); ++k)
        space[k] = static_cast<std::byte>(std::to_integer<int>(space[k]) + i);
      if (in_place_)
        out.commit(p.bytes.size(), true);
      else
        out.send({p.from, {}, space.first(p.bytes.size()), 0, true});
    }
    return claim::mine;
  }

  static constexpr int copies = 60; // fits into the receive buffer of the client

private:
  bool in_place_;
  std::array<std::byte, 1500> scratch_{};
};

} // namespace

TEST(a handler may seal in place or from its own memory and nothing queued is overwritten) {
  for (bool in_place : {true, false}) {
    port::media_port p{loopback(), {{std::make_shared<fan_out>(in_place)}}};
    p.start();
    auto c = client(p);
    for (std::size_t size : {100u, 1400u}) {
      c.send(rtp(7, size));
      std::multiset<int> seen;
      for (int i = 0; i < fan_out::copies; ++i) {
        auto in = c.receive();
        REQUIRE_EQUAL(in.size(), size);
        auto value = in[1];
        CHECK(std::all_of(in.begin() + 1, in.end(), [&](auto b) { return b == value; }));
        seen.insert(std::to_integer<int>(value));
      }
      std::multiset<int> expected;
      for (int i = 0; i < fan_out::copies; ++i)
        expected.insert(7 + i);
      CHECK(seen == expected);
    }
  }
}

TEST(a reserved frame goes to a TCP client as well) {
  struct echo final : quiet_handler {
    claim receive(const packet& p, port::outbox& out) override {
      auto space = out.reserve(p.from, p.bytes.size());
      std::copy(p.bytes.begin(), p.bytes.end(), space.begin());
      out.commit(p.bytes.size(), false);
      return claim::mine;
    }
  };
  port::media_port p{loopback(), {{std::make_shared<echo>()}}};
  p.start();
  turn_socket c{transport::tcp, p.port(), {}};
  auto in = test::turn_client::channel_data(0x4000, base::as_bytes("12345678"));
  c.send(in);
  CHECK(c.receive() == in);
}

namespace {

/// Two bytes of length before a packet (RFC 4571).
base::buffer prefixed(base::const_bytes packet) {
  base::buffer out{static_cast<std::byte>(packet.size() >> 8),
                   static_cast<std::byte>(packet.size())};
  out.insert(out.end(), packet.begin(), packet.end());
  return out;
}

/// Sends each packet back, and says by which transport it came.
struct ice_echo final : quiet_handler {
  claim receive(const packet& p, port::outbox& out) override {
    by = p.from.transport;
    out.send({p.from, {}, p.bytes, 0, true});
    return claim::mine;
  }
  void closed(const five_tuple& from) override { ended_by = from.transport; }
  std::atomic<transport> by{}, ended_by{};
};

base::buffer receive_raw(const turn_socket& from, std::size_t size) {
  base::buffer out(size);
  auto n = ::recv(from.fd(), out.data(), out.size(), MSG_WAITALL);
  out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return out;
}

} // namespace

TEST(a TCP client that begins with a check of ICE is framed as RFC 4571 says both ways) {
  auto h = std::make_shared<ice_echo>();
  port::media_port p{loopback(), {{h}}};
  p.start();
  {
    turn_socket c{transport::tcp, p.port(), {}};
    auto check = prefixed(test::turn_client{{}, {}}.request(stun::method::binding));
    for (const auto& stream : {check, prefixed(rtp(9, 1201)), prefixed(rtp(7, 3))}) {
      c.send_raw(stream);
      CHECK(receive_raw(c, stream.size()) == stream);
    }
    CHECK(h->by == transport::ice_tcp);
  }
  for (int i = 0; i < 500 && h->ended_by != transport::ice_tcp; ++i)
    std::this_thread::sleep_for(10ms);
  CHECK(h->ended_by == transport::ice_tcp);
}

TEST(a stranger that frames as ICE has the limits of any other) {
  struct unwanted final : quiet_handler {
    bool wants(const five_tuple&) override { return false; }
  };
  auto config = loopback();
  config.limits.idle = 1s;
  port::media_port p{config, {{std::make_shared<unwanted>()}}};
  p.start();
  auto check = prefixed(test::turn_client{{}, {}}.request(stun::method::binding));
  turn_socket silent{transport::tcp, p.port(), {}}, loud{transport::tcp, p.port(), {}};
  silent.send_raw(check);
  loud.send_raw(check);
  loud.send_raw(prefixed(rtp(1, port::tcp_connection::stranger_frame + 1)));
  CHECK(loud.closed_by_server(500));
  CHECK(silent.closed_by_server());
}

TEST(what cannot be reserved is empty and nothing reserved needs to be sent) {
  struct probe final : quiet_handler {
    claim receive(const packet& p, port::outbox& out) override {
      auto six = p.from;
      six.client.ip = at("2001:db8::1", 0).ip;
      ok = out.reserve(six, 100).empty() && out.reserve(p.from, 65'537).empty() &&
           out.reserve(p.from, 65'536).size() == 65'536;
      out.commit(0, true);
      auto space = out.reserve(p.from, 1);
      space.front() = std::byte{0x81};
      out.commit(1, true);
      return claim::mine;
    }
    std::atomic<bool> ok{false};
  };
  auto h = std::make_shared<probe>();
  port::media_port p{loopback(), {{h}}};
  p.start();
  auto c = client(p);
  c.send(rtp(1));
  CHECK_EQUAL(c.receive().size(), 1u);
  CHECK(h->ok);
}

TEST(a packet goes to the first handler that takes it) {
  struct picky final : quiet_handler {
    explicit picky(std::byte w) : wanted(w) {}
    claim receive(const packet& p, port::outbox&) override {
      ++offered;
      if (p.bytes.back() != wanted)
        return claim::not_mine;
      ++taken;
      return claim::mine;
    }
    std::byte wanted;
    std::atomic<int> offered{0};
    std::atomic<int> taken{0};
  };
  auto one = std::make_shared<picky>(std::byte{1});
  auto two = std::make_shared<picky>(std::byte{2});
  port::media_port p{loopback(), {{one, two}}};
  p.start();
  auto c = client(p);
  for (std::uint8_t n : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{3}})
    c.send(rtp(n));
  for (int i = 0; i < 500 && p.counters().unclaimed == 0; ++i)
    ::usleep(10'000);
  CHECK_EQUAL(one->offered.load(), 3);
  CHECK_EQUAL(one->taken.load(), 1);
  CHECK_EQUAL(two->offered.load(), 2);
  CHECK_EQUAL(two->taken.load(), 1);
  CHECK_EQUAL(p.counters().unclaimed.load(), 1u);
}

TEST(a packet comes with its kind and its time and its STUN message) {
  struct witness final : quiet_handler {
    claim receive(const packet& p, port::outbox&) override {
      seen.set_value({p.kind, p.at, p.stun.has_value(), p.bytes.size()});
      return claim::mine;
    }
    struct facts {
      port::packet_kind kind;
      timestamps at;
      bool stun;
      std::size_t size;
    };
    std::promise<facts> seen;
  };
  auto row = [&](base::buffer in, port::packet_kind kind, bool stun) {
    auto h = std::make_shared<witness>();
    port::media_port p{loopback(), {{h}}};
    p.start();
    auto before = base::clock::now();
    client(p).send(in);
    auto seen = h->seen.get_future();
    REQUIRE(seen.wait_for(5s) == std::future_status::ready);
    auto facts = seen.get();
    CHECK(facts.kind == kind);
    CHECK_EQUAL(facts.stun, stun);
    CHECK_EQUAL(facts.size, in.size());
    CHECK(facts.at.now >= before && facts.at.now <= base::clock::now());
    CHECK(facts.at.wall + 5 >= base::unix_now());
  };
  test::turn_client c{{}, {}};
  auto binding = c.request(stun::method::binding);
  row(binding, port::packet_kind::stun, true);
  binding.pop_back();
  row(binding, port::packet_kind::stun, false);
  row(rtp(1), port::packet_kind::rtp, false);
  row(base::buffer(20, std::byte{22}), port::packet_kind::dtls, false);
}

TEST(a handler is called at its deadline and not only at ticks) {
  struct metronome final : quiet_handler {
    void work(const timestamps& t, port::outbox&) override {
      if (t.now < due)
        return;
      due = t.now + 10ms;
      ++beats;
    }
    base::time_point deadline() const override { return due; }
    base::time_point due{};
    std::atomic<int> beats{0};
  };
  auto h = std::make_shared<metronome>();
  port::media_port p{loopback(), {{h}}};
  p.start();
  auto begun = base::clock::now();
  for (int i = 0; i < 500 && h->beats < 21; ++i)
    ::usleep(10'000);
  CHECK(h->beats >= 21);
  CHECK(base::clock::now() - begun < 2s); // with ticks alone it takes as long as that
}
