#include "turn/shell/turn_handler.hpp"

namespace catchup::turn::shell {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_waiting = 32'768;
constexpr auto usage_interval = 400ms;
constexpr auto sweep_interval = 1s;

} // namespace

turn_handler::turn_handler(core_config config) : core_(std::move(config)), queue_(max_waiting) {}

bool turn_handler::post(command c) {
  bool must = std::holds_alternative<remove>(c) || std::holds_alternative<usage_seen>(c);
  return queue_.push(std::move(c), must);
}

void turn_handler::subscribe(std::shared_ptr<events> to) {
  queue_.push(subscription{std::move(to)}, true);
}

void turn_handler::unsubscribe(const events* from) { queue_.push(cancellation{from}, true); }

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
  else if (const auto* r = std::get_if<request>(&o); r != nullptr && events_)
    events_->on_request(*r);
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
  if (events_ && core_.known(from))
    events_->on_closed(from);
}

void turn_handler::work(const media::timestamps& t, media::port::outbox& out) {
  now_ = t.now;
  queue_.take(batch_);
  for (auto& i : batch_)
    if (auto* c = std::get_if<command>(&i)) {
      carry_out(t.now, *c, out);
    } else if (auto* s = std::get_if<subscription>(&i)) {
      events_ = std::move(s->to);
      usage_unseen_ = false;
    } else if (events_.get() == std::get<cancellation>(i).from) {
      events_.reset();
    }
  batch_.clear();
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
  if (t.now < usage_due_ || usage_unseen_ || !events_)
    return;
  usage_due_ = t.now + usage_interval;
  auto changed = core_.take_usage();
  if (changed.empty() && core_.totals() == reported_)
    return;
  usage_unseen_ = true;
  reported_ = core_.totals();
  events_->on_usage(std::move(changed), reported_);
}

void turn_handler::stopped() {
  queue_.close();
  events_.reset();
}

} // namespace catchup::turn::shell
