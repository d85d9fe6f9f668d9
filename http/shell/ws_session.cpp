#include "http/shell/ws_session.hpp"

#include "base/crypto.hpp"
#include "http/shell/ask.hpp"
#include "http/ws_protocol.hpp"

#include <caf/send.hpp>

namespace catchup::http {

namespace {

actors::signal::shared_bytes share(base::const_bytes in) {
  return std::make_shared<const base::buffer>(in.begin(), in.end());
}

wire::error_code code_of(actors::errc e) noexcept {
  switch (e) {
  case actors::errc::room_full:
    return wire::error_code::room_full;
  case actors::errc::room_locked:
    return wire::error_code::room_locked;
  case actors::errc::member_taken:
    return wire::error_code::member_taken;
  case actors::errc::resume_unknown:
    return wire::error_code::resume_unknown;
  case actors::errc::key_package:
    return wire::error_code::admission;
  case actors::errc::too_many:
    return wire::error_code::too_many;
  case actors::errc::draining:
    return wire::error_code::draining;
  default:
    return wire::error_code::unavailable;
  }
}

/// Everything but push and close runs on the transport's strand.
class ws_session final : public ws_handler, public actors::client_sink {
public:
  ws_session(ws_transport& transport, const accepted_upgrade& accepted)
    : transport_(transport), hub_(*transport.shared()),
      protocol_(hub_.config, accepted.origin, accepted.source, base::clock::now(),
                [] { return base::random_array<32>(); }) {}

  // -- from any thread ----------------------------------------------------------------

  bool push(std::uint32_t n, const actors::signal::message& m) override {
    auto message = wire::encode(n, m);
    return n == 0 ? transport_.send_urgent(std::move(message))
                  : transport_.send(std::move(message));
  }

  void close() override { transport_.close(); }

  // -- from the transport -------------------------------------------------------------

  void opened(bool within_quota, base::time_point now) override {
    opened_ = now;
    if (!within_quota)
      on(ws::transmit{wire::encode(wire::error{wire::error_code::too_many,
                                               retry_seconds(wire::error_code::too_many)}),
                      true, wire::error_code::too_many});
  }

  void received(base::const_bytes message, bool text, base::time_point now) override {
    auto action =
        text ? protocol_.received_text() : protocol_.received(message, now, base::unix_now());
    count(action);
    act(std::move(action));
  }

  void too_fast() override { act(protocol_.too_fast()); }

  base::time_point deadline() const override { return protocol_.deadline(); }
  void tick(base::time_point now) override { act(protocol_.tick(now)); }

  void ended() override { detach(); }

private:
  static said kind_of(const ws::join&) { return said::join; }
  static said kind_of(const ws::resume&) { return said::resume; }
  static said kind_of(const ws::app&) { return said::app; }
  static said kind_of(const ws::mls&) { return said::mls; }
  static said kind_of(const ws::acknowledge&) { return said::ping; }
  static said kind_of(const ws::leave&) { return said::leave; }
  template <class Other>
  static said kind_of(const Other&) {
    return said::other;
  }

  void count(const ws::action& action) {
    auto kind = std::visit([](const auto& a) { return kind_of(a); }, action);
    ++hub_.counters.messages[static_cast<std::size_t>(kind)];
  }

  void act(ws::action action) {
    std::visit([this](auto& a) { on(a); }, action);
  }

  void on(const ws::nothing&) {}
  void on(ws::transmit a) {
    if (a.error)
      ++hub_.counters.errors[static_cast<std::size_t>(*a.error)];
    transport_.send_urgent(std::move(a.message)); // when full, the client reads nothing anyway
    if (!a.last)
      return;
    detach(); // the member is away, whatever the client still sends
    transport_.finish();
  }
  // Nothing is written between a join and its answer, so that a client that reads the
  // welcome is counted as admitted.
  void on(ws::join& a) {
    transport_.hold();
    joining_ = true;
    ask(hub_.system, hub_.registry,
        actors::msg::join{a.room, a.member, share(a.key_package), share(a.lobby),
                          share(a.admission_key), a.group, shared_from_this(), a.replaces},
        on_attached());
  }
  void on(ws::resume& a) {
    transport_.hold();
    ask(hub_.system, hub_.registry,
        actors::msg::resume{a.room, a.member, a.ack, shared_from_this()}, on_attached());
  }
  void on(ws::app& a) { caf::anon_send(peer_, actors::msg::app{a.n, share(a.data)}); }
  void on(ws::mls& a) { caf::anon_send(peer_, actors::msg::mls{a.n, std::move(a.message)}); }
  void on(ws::acknowledge& a) {
    caf::anon_send(peer_, actors::msg::acknowledge{a.n, transport_.rtt_ms()});
  }
  void on(ws::leave&) { caf::anon_send(peer_, actors::msg::leave{}); }
  void on(ws::hang_up&) { transport_.end(); }

  // -- the peer -----------------------------------------------------------------------

  /// Holds the transport, which this ends with.
  std::shared_ptr<ws_session> shared_from_this() { return {transport_.shared_from_this(), this}; }

  on_answer<actors::msg::attached> on_attached() {
    return [self = shared_from_this()](base::result<actors::msg::attached, actors::errc> answer) {
      auto kept = std::make_shared<decltype(answer)>(std::move(answer));
      auto posted = self->hub_.post(self->transport_.executor(),
                                    [self, kept] { self->attached(std::move(*kept)); });
      if (!posted && *kept)
        caf::anon_send((*kept)->peer, actors::msg::detached{(*kept)->attachment});
    };
  }

  void attached(base::result<actors::msg::attached, actors::errc> answer) {
    if (answer && (transport_.ended() || protocol_.ended()))
      caf::anon_send(answer->peer, actors::msg::detached{answer->attachment});
    else if (answer)
      adopt(*answer);
    else if (!transport_.ended())
      act(protocol_.answered(code_of(answer.error())));
    transport_.resume();
  }

  void adopt(actors::msg::attached& place) {
    if (joining_)
      hub_.counters.joins.add(base::clock::now() - opened_);
    peer_ = std::move(place.peer);
    attachment_ = place.attachment;
    transport_.admit();
    act(protocol_.answered(std::nullopt));
  }

  void detach() {
    if (peer_)
      caf::anon_send(peer_, actors::msg::detached{attachment_});
    peer_ = nullptr;
  }

  ws_transport& transport_;
  hub& hub_;
  ws_protocol protocol_;
  actors::peer_actor peer_;
  std::uint64_t attachment_ = 0;
  base::time_point opened_{};
  bool joining_ = false; // not resuming
};

} // namespace

void serve_websocket(hub_ptr shared, tcp::socket socket, accepted_upgrade accepted) {
  auto transport = std::make_shared<ws_transport>(std::move(shared), std::move(socket), accepted);
  auto session = std::make_unique<ws_session>(*transport, accepted);
  transport->start(std::move(accepted), std::move(session));
}

} // namespace catchup::http
