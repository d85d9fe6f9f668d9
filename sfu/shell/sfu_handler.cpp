#include "sfu/shell/sfu_handler.hpp"

#include <array>

namespace catchup::sfu::shell {

namespace {

constexpr std::size_t largest_datagram = 1500;

/// Datagrams are written to a space of their own, which the port copies.
class port_egress final : public session::egress {
public:
  explicit port_egress(media::port::outbox& out) noexcept : out_(out) {}

  base::bytes reserve(const ice::path& to, std::size_t most) override {
    to_ = to;
    return most <= space_.size() ? base::bytes{space_}.first(most) : base::bytes{};
  }

  void commit(std::size_t used, bool media) override {
    if (used == 0)
      return;
    media::transmit t;
    t.to = to_;
    t.head = base::const_bytes{space_}.first(used);
    t.media = media;
    out_.send(t);
  }

private:
  media::port::outbox& out_;
  ice::path to_;
  std::array<std::byte, largest_datagram> space_;
};

template <class... Ts>
struct overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

} // namespace

sfu_handler::sfu_handler(session::server::config config)
  : core_(std::move(config)), queue_(max_waiting) {}

bool sfu_handler::accepts(media::port::packet_kind kind, const media::five_tuple& from,
                          base::const_bytes in) {
  if (kind == media::port::packet_kind::stun) {
    auto m = ice::stun::message::parse(in);
    return m && core_.claims(*m);
  }
  return (kind == media::port::packet_kind::dtls || kind == media::port::packet_kind::rtp) &&
         core_.knows(from);
}

void sfu_handler::receive(const media::timestamps& t, const media::five_tuple& from,
                          base::const_bytes in, media::port::outbox& out) {
  port_egress to{out};
  if (media::port::classify(in) == media::port::packet_kind::stun) {
    if (auto m = ice::stun::message::parse(in))
      core_.receive_stun(t.now, from, *m, to);
    return;
  }
  // Packets are opened in place, and what the port gives is not ours to change.
  if (in.size() > largest_datagram)
    return;
  scratch_.assign(in.begin(), in.end());
  core_.receive(t.now, from, scratch_, to);
}

void sfu_handler::work(const media::timestamps& t, media::port::outbox& out) {
  queue_.take(batch_);
  for (auto& i : batch_) {
    if (auto c = std::get_if<command>(&i))
      carry_out(t.now, *c);
    else
      listener_ = std::move(std::get<std::shared_ptr<listener>>(i));
  }
  batch_.clear();
  if (core_.deadline() <= t.now) {
    port_egress to{out};
    core_.wake(t.now, to);
  }
  tell();
}

void sfu_handler::carry_out(base::time_point now, command& c) {
  std::visit(overloaded{
                 [&](join& j) {
                   bool seated = core_.join(now, j.room, j.participant, std::move(j.name));
                   if (j.done)
                     j.done(seated);
                 },
                 [&](leave& l) { core_.leave(now, l.participant); },
                 [&](offer& o) {
                   auto result = core_.offer(now, o.participant, o.description);
                   if (o.done)
                     o.done(std::move(result));
                 },
                 [&](wish& w) { core_.wish(now, w.subscriber, w.track, w.layer); },
             },
             c);
}

void sfu_handler::tick(const media::timestamps& t, media::port::outbox& out) { work(t, out); }

void sfu_handler::tell() {
  auto events = core_.take_events();
  if (!events.empty() && listener_)
    listener_->on_events(std::move(events));
}

void sfu_handler::stopped() {
  queue_.close();
  listener_.reset();
}

} // namespace catchup::sfu::shell
