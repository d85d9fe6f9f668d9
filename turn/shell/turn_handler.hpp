#pragma once
// The TURN core behind the media port: packets from its thread, commands from
// the actors' threads.

#include "media/port/command_mailbox.hpp"
#include "media/port/handler.hpp"
#include "turn/server_core.hpp"
#include "turn/shell/command_sink.hpp"

namespace catchup::turn::shell {

/// Takes all ChannelData and STUN: handlers that know some of it come before this one.
class turn_handler final : public media::port::handler, public command_sink {
public:
  explicit turn_handler(core_config config);

  bool post(command c) override {
    bool must = always_fits(c);
    return mailbox_.post(std::move(c), must);
  }
  void subscribe(std::shared_ptr<events> to) override { mailbox_.subscribe(std::move(to)); }
  void unsubscribe(const events* from) override { mailbox_.unsubscribe(from); }

  /// `post` in two steps, for a sender to several handlers: a place in the queue for `c`,
  /// which `post_reserved` or `give_back` uses up. False as of `post`.
  bool reserve(const command& c) { return mailbox_.reserve(always_fits(c)); }
  void post_reserved(command c) { mailbox_.post_reserved(std::move(c)); }
  void give_back() { mailbox_.give_back(); }

  media::port::claim receive(const media::port::packet& p, media::port::outbox& out) override;
  bool deliver(const five_tuple& to, base::const_bytes payload, media::port::outbox& out) override;
  bool wants(const five_tuple& from) override { return core_.known(from); }
  void closed(const five_tuple& from) override;
  int wake_fd() const override { return mailbox_.wake_fd(); }
  void work(const media::timestamps& t, media::port::outbox& out) override;
  void tick(const media::timestamps& t, media::port::outbox& out) override;
  void stopped() override;

private:
  static bool always_fits(const command& c) noexcept {
    return std::holds_alternative<remove>(c) || std::holds_alternative<usage_seen>(c);
  }
  void carry_out(base::time_point now, const command& c, media::port::outbox& out);
  void release(base::time_point now, media::port::outbox& out);
  void carry_out(const output& o, media::port::outbox& out);

  server_core core_;
  media::port::command_mailbox<command, events> mailbox_;
  bool usage_unseen_ = false;
  core_counters reported_;
  base::time_point usage_due_{};
  base::time_point sweep_due_{};
  base::time_point now_{}; // of the last call
};

} // namespace catchup::turn::shell
