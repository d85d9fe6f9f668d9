#include "http/shell/rtc_session.hpp"

#include "actors/sfu/slot.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

namespace catchup::http {

namespace {

/// Codes of RFC 6455 §7.4.1 and of its registry.
constexpr std::uint16_t policy_violation = 1008, try_again = 1013;

/// Everything but push and close runs on the transport's strand.
class rtc_session final : public ws_handler, public actors::sfu_sink {
public:
  rtc_session(ws_transport& transport, rtc_entry entry)
    : transport_(transport), hub_(*transport.shared()), entry_(std::move(entry)) {}

  // -- from any thread ----------------------------------------------------------------

  bool push(std::shared_ptr<const base::buffer> message) override {
    return transport_.send(*message);
  }
  void close() override { transport_.close(); }

  // -- from the transport -------------------------------------------------------------

  void opened(bool within_quota, base::time_point) override {
    auto sfu = hub_.config.sfu ? hub_.config.sfu->get() : actors::sfu_actor{};
    if (!within_quota || !sfu)
      return transport_.finish(try_again);
    transport_.hold();
    auto request = std::make_shared<const livekit::JoinRequest>(std::move(entry_.request));
    actors::msg::sfu_enter m{std::move(entry_.who), std::move(request), shared_from_this()};
    // Holds the transport only until the answer, which always comes.
    hub_.system.spawn<caf::hidden>(
        [sfu, m = std::move(m), self = shared_from_this()](caf::event_based_actor* asker) {
          asker->request(sfu, std::chrono::seconds{5}, m)
              .then([self](actors::msg::sfu_entered& e) { self->answered(std::move(e)); },
                    [self](const caf::error&) { self->refused(); });
        });
  }

  void received(base::const_bytes message, bool text, base::time_point) override {
    if (session_ && !text)
      caf::anon_send(session_, actors::msg::sfu_bytes{std::make_shared<const base::buffer>(
                                   message.begin(), message.end())});
  }

  void too_fast() override { transport_.finish(policy_violation); }
  base::time_point deadline() const override { return base::time_point::max(); }
  void tick(base::time_point) override {}
  void ended() override { detach(); }

private:
  /// Holds the transport, which this ends with.
  std::shared_ptr<rtc_session> shared_from_this() { return {transport_.shared_from_this(), this}; }

  // On a thread of the actor system.
  void answered(actors::msg::sfu_entered e) {
    auto kept = std::make_shared<actors::msg::sfu_entered>(std::move(e));
    auto posted = hub_.post(transport_.executor(), [self = shared_from_this(), kept] {
      if (self->transport_.ended())
        caf::anon_send(kept->session, actors::msg::sfu_detached{kept->attachment});
      else
        self->adopt(*kept);
    });
    if (!posted)
      caf::anon_send(kept->session, actors::msg::sfu_detached{kept->attachment});
  }

  void refused() {
    hub_.post(transport_.executor(), [self = shared_from_this()] { self->transport_.finish(); });
  }

  void adopt(actors::msg::sfu_entered& e) {
    session_ = std::move(e.session);
    attachment_ = e.attachment;
    transport_.admit();
    transport_.resume();
  }

  void detach() {
    if (session_)
      caf::anon_send(session_, actors::msg::sfu_detached{attachment_});
    session_ = nullptr;
  }

  ws_transport& transport_;
  hub& hub_;
  rtc_entry entry_; // until it is opened
  actors::session_actor session_;
  std::uint64_t attachment_ = 0;
};

} // namespace

void serve_rtc(hub_ptr shared, tcp::socket socket, accepted_upgrade accepted, rtc_entry entry) {
  auto transport = std::make_shared<ws_transport>(std::move(shared), std::move(socket), accepted);
  auto session = std::make_unique<rtc_session>(*transport, std::move(entry));
  transport->start(std::move(accepted), std::move(session));
}

} // namespace catchup::http
