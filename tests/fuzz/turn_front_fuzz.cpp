// Anything from anybody: strangers leave no trace and get small answers, media
// passes only between allocations that permit each other, and whatever is sent
// is well formed. The input is a list of packets: who (1 byte), size (2), bytes.

#include "media/stun/writer.hpp"
#include "turn/allocation.hpp"
#include "turn/channel_data.hpp"
#include "turn/server_core.hpp"

#include <cstdlib>

using namespace catchup;
using namespace catchup::turn;

namespace {

constexpr base::unix_seconds wall = 1'700'000'000;
const base::time_point start{std::chrono::seconds{1000}};

void require(bool b) {
  if (!b)
    std::abort();
}

base::endpoint at(std::uint8_t host, std::uint16_t port) {
  return {base::ip_address::v4({198, 51, 100, host}), port};
}
base::endpoint relayed(std::uint16_t port) {
  return {base::ip_address::v4({203, 0, 113, 1}), port};
}
five_tuple client(std::uint8_t n) {
  return {.client = at(n, 4000),
          .server = relayed(3478),
          .transport = n % 2 == 0 ? transport::udp : transport::tcp,
          .connection = n % 2u};
}

// Clients 0 to 2 have allocations; 0 and 1 permit each other, 2 permits nobody.
constexpr std::uint8_t members = 3;

struct world {
  server_core core{{.secret = "s3cr3t"}};
  std::vector<allocation> allocations;

  world() {
    for (std::uint8_t i = 0; i < members; ++i) {
      request r;
      r.from = client(i);
      allocations.emplace_back(i + 1u, address_plan{{relayed(0).ip}},
                               relayed(static_cast<std::uint16_t>(50000 + i)), r, start);
      if (i < 2) {
        r.method = stun::method::channel_bind;
        r.channel = first_channel;
        r.peers = {relayed(static_cast<std::uint16_t>(50001 - i))};
        require(allocations.back().handle(start, r).answer.error == 0);
      }
      core.apply(install{allocations.back().snapshot()});
    }
  }
};

base::buffer flat(const transmit& t) {
  require(t.padding < 4);
  auto out = base::to_buffer(t.head);
  out.insert(out.end(), t.payload.begin(), t.payload.end());
  out.resize(out.size() + t.padding);
  return out;
}

void check_media(const five_tuple& from, const transmit& t, base::const_bytes in) {
  // 0 and 1 permit the one address, so each may reach the other and itself.
  require(from == client(0) || from == client(1));
  require(t.to == client(0) || t.to == client(1));
  require(t.payload.empty() || (t.payload.data() >= in.data() &&
                                t.payload.data() + t.payload.size() <= in.data() + in.size()));
  auto whole = flat(t);
  if ((std::to_integer<unsigned>(whole.front()) & 0xc0) != 0) {
    auto d = channel_data::parse(whole);
    require(d && base::equal(d->payload, t.payload));
    require(t.to.transport == transport::udp || whole.size() % 4 == 0);
  } else {
    auto m = stun::message::parse(whole);
    require(m && m->method() == stun::method::data);
    require(base::equal(*m->find(stun::attribute::data), t.payload));
  }
}

void check_answer(const five_tuple& from, const transmit& t, base::const_bytes in) {
  require(t.to == from);
  auto whole = flat(t);
  require(whole.size() * 10 <= in.size() * 26);
  auto asked = stun::message::parse(in);
  auto m = stun::message::parse(whole);
  require(asked && m && asked->cls() == stun::message_class::request);
  require(m->transaction() == asked->transaction() && m->method() == asked->method());
  require(m->has_fingerprint() == asked->has_fingerprint());
}

// Puts credentials behind what the fuzzer wrote, so that it gets past them.
base::buffer sign(const five_tuple& from, base::const_bytes in, bool sha256) {
  auto m = stun::message::parse(in);
  if (!m || m->sealed_by())
    return base::to_buffer(in);
  base::buffer space(in.size() + 512);
  stun::message_writer out{space, m->cls(), m->method(), m->transaction()};
  auto c = make_credentials("s3cr3t", "user", wall + 60);
  out.add_text(stun::attribute::username, c.username);
  out.add_text(stun::attribute::realm, server_core::realm);
  out.add_text(stun::attribute::nonce,
               authenticator{"s3cr3t", std::string{server_core::realm}, std::chrono::seconds{3600}}
                   .make_nonce(from.client, wall, sha256));
  if (sha256) {
    out.add(stun::attribute::password_algorithms, authenticator::offered());
    out.add_u32(stun::attribute::password_algorithm, 2u << 16);
  }
  m->each([&](stun::attribute a, base::const_bytes value) {
    if (a != stun::attribute::fingerprint)
      out.add(a, value);
  });
  auto algorithm = sha256 ? password_algorithm::sha256 : password_algorithm::md5;
  out.add_integrity(make_key(c.username, server_core::realm, c.password, algorithm),
                    sha256 ? stun::integrity::sha256 : stun::integrity::sha1);
  return base::to_buffer(*out.finish());
}

// Checks a parsed request: nothing in it is beyond its bounds.
void check_request(const request& r) {
  require(r.defect == 0 || (r.defect >= 400 && r.defect < 600));
  require(r.credential_seconds >= 1);
  require(r.defect != 0 || r.method != stun::method::channel_bind ||
          (r.peers.size() == 1 && is_channel(r.channel)));
  require(r.defect != 0 || r.method != stun::method::create_permission || !r.peers.empty());
  require(r.defect != 0 || !(r.reservation && (r.even_port || r.dual || r.family)));
}

// An allocation of its own answers it, as an actor would, and keeps its rules.
void serve(const world& w, request r) {
  auto a = w.allocations.front();
  r.from = a.client();
  r.username = a.username();
  auto out = a.handle(start, r);
  require(out.answer.error == 0 || (out.answer.error >= 400 && out.answer.error < 600));
  require(!out.answer.lifetime || *out.answer.lifetime <= 3600);
  require(a.channels() <= allocation::max_channels && a.permissions() <= 1);
  auto route = a.snapshot();
  for (const auto& p : route.permissions)
    require(p.peer == relayed(0).ip);
  for (const auto& c : route.channels)
    require(c.peer.ip == relayed(0).ip && c.peer.port >= first_relayed_port);
}

void one_packet(world& w, std::uint8_t who, base::const_bytes raw) {
  auto from = client(who & 7);
  bool stranger = (who & 7) >= members;
  bool with_credentials = (who & 8) != 0;
  auto in = with_credentials ? sign(from, raw, (who & 16) != 0) : base::to_buffer(raw);
  auto a = w.core.handle({start, wall}, from, in);
  if (auto* t = std::get_if<transmit>(&a)) {
    if (t->media)
      check_media(from, *t, in);
    else
      check_answer(from, *t, in);
  } else if (auto* r = std::get_if<request>(&a)) {
    require(with_credentials && r->from == from);
    check_request(*r);
    serve(w, *r);
    auto out = w.core.apply(reply{from, r->transaction, {.error = 403}});
    require(out.has_value());
    auto whole = flat(*out);
    auto m = stun::message::parse(whole);
    require(m && m->transaction() == r->transaction);
  }
  require(!stranger || !w.core.known(from));
  require(w.core.routes() == members);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  world w;
  base::reader in{std::as_bytes(std::span{data, size})};
  for (int i = 0; i < 64 && in.left() > 3; ++i) {
    auto who = in.u8();
    auto packet = in.raw(std::min<std::size_t>(in.u16(), in.left()));
    one_packet(w, who, packet);
  }
  return 0;
}
