#include "clients.hpp"

#include "media/stun/writer.hpp"
#include "options.hpp"

#include "base/time.hpp"

#include <chrono>

namespace catchup::bench {

namespace {

using namespace media::stun;
using stage = client::stage;

constexpr std::uint64_t retransmit_after = 500'000'000;
constexpr std::uint32_t udp_protocol = 17u << 24;

stage after(stage s) { return static_cast<stage>(static_cast<int>(s) + 1); }

} // namespace

std::uint64_t now() {
  return static_cast<std::uint64_t>(base::clock::now().time_since_epoch().count());
}

client_set::client_set(wire& w, std::size_t n, const std::string& secret) : wire_(w), all_(n) {
  for (std::size_t i = 0; i < n; ++i)
    all_[i].who =
        turn::make_credentials(secret, "bench" + std::to_string(i), base::unix_now() + 86'400);
}

void client_set::bring_to(stage goal, bool channels, std::size_t window) {
  channels_ = channels;
  std::size_t next = 0;
  auto deadline = now() + 60'000'000'000;
  waiting_.clear();
  busy_ = 0;
  for (auto& c : all_)
    c.goal = goal;
  while (next < all_.size() || busy_ > 0) {
    while (next < all_.size() && busy_ < window) {
      ++busy_;
      waiting_.push_back(next);
      begin(next++);
    }
    wire_.receive(10, [&](std::size_t i, base::const_bytes frame) { answered(i, frame); });
    for (auto t = now(); !waiting_.empty(); waiting_.pop_front()) {
      auto i = waiting_.front();
      if (all_[i].at == goal)
        continue;
      if (t < all_[i].sent_at + retransmit_after)
        break;
      send(i);
      waiting_.push_back(i);
    }
    if (now() > deadline)
      options::fail("the server does not answer");
  }
}

void client_set::begin(std::size_t i) {
  auto& c = all_[i];
  c.transaction = base::random_array<12>();
  base::buffer space(1024);
  const auto& peer = all_[partner(i)].relayed;
  auto m = c.at < stage::allocated ? method::allocate
           : channels_             ? method::channel_bind
                                   : method::create_permission;
  message_writer w{space, message_class::request, m, c.transaction};
  if (m == method::allocate)
    w.add_u32(attribute::requested_transport, udp_protocol);
  if (m == method::channel_bind)
    w.add_u32(attribute::channel_number, std::uint32_t{the_channel} << 16);
  if (m != method::allocate)
    w.add_xor_address(attribute::xor_peer_address, peer);
  if (c.at != stage::fresh) {
    w.add_text(attribute::username, c.who.username);
    w.add_text(attribute::realm, c.realm);
    w.add_text(attribute::nonce, c.nonce);
    w.add_integrity(c.key);
  }
  c.request = base::to_buffer(*w.finish());
  send(i);
}

void client_set::send(std::size_t i) {
  all_[i].sent_at = now();
  wire_.send({piece{i, all_[i].request, 0}});
}

void client_set::answered(std::size_t i, base::const_bytes frame) {
  if (i >= all_.size() || all_[i].at == all_[i].goal)
    return;
  auto& c = all_[i];
  auto m = message::parse(frame);
  if (!m || m->transaction() != c.transaction)
    return;
  if (m->cls() == message_class::error) {
    auto code = m->find(attribute::error_code);
    auto n = code ? read_error_code(*code).value_or(0) : 0;
    auto nonce = m->find(attribute::nonce);
    auto realm = m->find(attribute::realm);
    if ((n != 401 && n != 438) || !nonce || !realm || (n == 401 && c.at != stage::fresh)) {
      std::fprintf(stderr, "relay_bench: client %zu: error %d\n", i, n);
      std::exit(3);
    }
    c.nonce = base::as_text(*nonce);
    c.realm = base::as_text(*realm);
    c.key = turn::make_key(c.who.username, c.realm, c.who.password);
    if (c.at == stage::fresh)
      c.at = stage::challenged;
  } else {
    if (auto relayed = m->find(attribute::xor_relayed_address))
      if (auto address = read_xor_address(*relayed, m->transaction()))
        c.relayed = *address;
    c.at = after(c.at);
  }
  if (c.at == c.goal)
    --busy_;
  else
    begin(i);
}

} // namespace catchup::bench
