#include "turn/shell/turn_handler.hpp"

namespace catchup::turn::shell {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_waiting = 32'768;
constexpr auto usage_interval = 400ms;
constexpr auto sweep_interval = 1s;

} // namespace

turn_handler::turn_handler(core_config config) : core_(std::move(config)), mailbox_(max_waiting) {}

media::port::claim turn_handler::receive(const media::port::packet& p, media::port::outbox& out) {
  using media::port::claim;
  using media::port::packet_kind;
  now_ = p.at.now;
  // Inside of a relayed payload nothing is for TURN: relays are not chained. Neither is
  // anything on a connection that ICE frames.
  if (p.from.transport == transport::relayed || p.from.transport == transport::ice_tcp ||
      (p.kind != packet_kind::stun && p.kind != packet_kind::channel_data))
    return claim::not_mine;
  if (p.kind == packet_kind::stun && !p.stun) {
    core_.count_malformed();
    return claim::mine;
  }
  carry_out(p.stun ? core_.handle(p.at, p.from, *p.stun)
                   : core_.handle_channel_data(p.at.now, p.from, p.bytes),
            out);
  return claim::mine;
}

void turn_handler::carry_out(const output& o, media::port::outbox& out) {
  if (const auto* send = std::get_if<transmit>(&o))
    out.send(*send);
  else if (const auto* r = std::get_if<request>(&o); r != nullptr && mailbox_.events())
    mailbox_.events()->on_request(*r);
  else if (const auto* l = std::get_if<local_delivery>(&o))
    out.offer({.client = l->relayed, .server = l->service, .transport = transport::relayed},
              l->payload);
}

bool turn_handler::deliver(const five_tuple& to, base::const_bytes payload,
                           media::port::outbox& out) {
  if (auto t = core_.deliver(now_, to.server, to.client, payload))
    out.send(*t);
  return true;
}

void turn_handler::closed(const five_tuple& from) {
  if (mailbox_.events() && core_.known(from))
    mailbox_.events()->on_closed(from);
}

void turn_handler::work(const media::timestamps& t, media::port::outbox& out) {
  now_ = t.now;
  mailbox_.take([&](command& c) { carry_out(t.now, c, out); }, [&] { usage_unseen_ = false; });
}

void turn_handler::carry_out(base::time_point now, const command& c, media::port::outbox& out) {
  if (std::holds_alternative<usage_seen>(c)) {
    usage_unseen_ = false;
    return;
  }
  if (auto answer = core_.apply(c))
    out.send(*answer);
  release(now, out);
}

// Media that was held behind the request that a command answers.
void turn_handler::release(base::time_point now, media::port::outbox& out) {
  for (auto o = core_.release(now); !std::holds_alternative<std::monostate>(o);
       o = core_.release(now))
    carry_out(o, out);
}

void turn_handler::tick(const media::timestamps& t, media::port::outbox& out) {
  core_.wake_late(t.now);
  release(t.now, out);
  if (t.now >= sweep_due_) {
    sweep_due_ = t.now + sweep_interval;
    core_.sweep(t.now);
  }
  if (t.now < usage_due_ || usage_unseen_ || !mailbox_.events())
    return;
  usage_due_ = t.now + usage_interval;
  auto changed = core_.take_usage();
  if (changed.empty() && core_.totals() == reported_)
    return;
  usage_unseen_ = true;
  reported_ = core_.totals();
  mailbox_.events()->on_usage(std::move(changed), reported_);
}

void turn_handler::stopped() { mailbox_.close(); }

} // namespace catchup::turn::shell
