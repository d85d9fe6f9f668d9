#include "sfu/shell/sfu_handler.hpp"

namespace catchup::sfu::shell {

namespace {

constexpr std::size_t largest_datagram = 1500;

/// Whether a record of DTLS holds the beginning of a ClientHello (RFC 6347 §4.2.2).
bool is_client_hello(base::const_bytes in) noexcept {
  constexpr std::byte handshake{22}, client_hello{1};
  return in.size() > 13 && in[0] == handshake && in[13] == client_hello;
}

/// The SFU seals its datagrams in the port's own memory.
class port_egress final : public session::egress {
public:
  explicit port_egress(media::port::outbox& out) noexcept : out_(out) {}

  base::bytes reserve(const ice::path& to, std::size_t most) override {
    return out_.reserve(to, most);
  }
  void commit(std::size_t used, bool media) override { out_.commit(used, media); }

private:
  media::port::outbox& out_;
};

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

} // namespace

sfu_handler::sfu_handler(session::server::config config)
  : core_(std::move(config)), mailbox_(max_waiting) {}

media::port::claim sfu_handler::receive(const media::port::packet& p, media::port::outbox& out) {
  using media::port::claim;
  using media::port::packet_kind;
  now_ = p.at.now;
  port_egress to{out};
  if (p.kind == packet_kind::stun) {
    if (!p.stun || !core_.claims(*p.stun))
      return claim::not_mine;
    core_.receive_stun(p.at.now, p.from, *p.stun, to);
    return claim::mine;
  }
  if ((p.kind != packet_kind::dtls && p.kind != packet_kind::rtp) || !core_.knows(p.from))
    return claim::not_mine;
  // A signature stops all media of the thread; the client repeats what was dropped.
  if (p.kind == packet_kind::dtls && core_.handshaking(p.from) &&
      !out.may_handshake(p.from, is_client_hello(p.bytes)))
    return claim::mine;
  // Packets are opened in place, and what the port gives is not ours to change.
  if (p.bytes.size() <= largest_datagram) {
    scratch_.assign(p.bytes.begin(), p.bytes.end());
    core_.receive(p.at.now, p.from, scratch_, to);
  }
  return claim::mine;
}

void sfu_handler::work(const media::timestamps& t, media::port::outbox& out) {
  now_ = t.now;
  mailbox_.take([&](command& c) { carry_out(t.now, c); }, [] {});
  if (core_.deadline() <= t.now) {
    port_egress to{out};
    core_.wake(t.now, to);
  }
  tell();
}

void sfu_handler::carry_out(base::time_point now, command& c) {
  std::visit(overloaded{
                 [&](join& j) {
                   bool seated =
                       core_.join(now, j.room, j.participant, std::move(j.name), j.wants_all);
                   if (j.done)
                     j.done(seated);
                 },
                 [&](leave& l) { core_.leave(now, l.participant); },
                 [&](declare& d) { core_.declare(d.participant, std::move(d.declaration)); },
                 [&](offer& o) {
                   auto result = core_.offer(now, o.participant, o.description);
                   tell(); // of tracks, before the answer that has them
                   if (o.done)
                     o.done(std::move(result));
                 },
                 [&](wish& w) { core_.wish(now, w.subscriber, w.track, w.layer); },
                 [&](want& w) { core_.subscribe(now, w.subscriber, w.track, w.wanted); },
             },
             c);
}

void sfu_handler::tick(const media::timestamps& t, media::port::outbox& out) { work(t, out); }

void sfu_handler::tell() {
  auto events = core_.take_events();
  if (!events.empty() && mailbox_.events())
    mailbox_.events()->on_events(std::move(events));
}

void sfu_handler::stopped() { mailbox_.close(); }

} // namespace catchup::sfu::shell
