#pragma once
// The TURN core behind the media port: packets from its thread, commands from
// the actors' threads.

#include "media/port/command_queue.hpp"
#include "media/port/handler.hpp"
#include "turn/server_core.hpp"
#include "turn/shell/command_sink.hpp"

#include <variant>

namespace catchup::turn::shell {

/// Takes all ChannelData and STUN: handlers that know some of it come before this one.
class turn_handler final : public media::port::handler, public command_sink {
public:
  explicit turn_handler(core_config config);

  bool post(command c) override;
  void subscribe(std::shared_ptr<events> to) override;
  void unsubscribe(const events* from) override;

  media::port::claim receive(const media::port::packet& p, media::port::outbox& out) override;
  bool deliver(const five_tuple& to, base::const_bytes payload, media::port::outbox& out) override;
  bool wants(const five_tuple& from) override { return core_.known(from); }
  void closed(const five_tuple& from) override;
  int wake_fd() const override { return queue_.wake_fd(); }
  void work(const media::timestamps& t, media::port::outbox& out) override;
  void tick(const media::timestamps& t, media::port::outbox& out) override;
  void stopped() override;

private:
  struct subscription {
    std::shared_ptr<events> to;
  };
  struct cancellation {
    const events* from = nullptr;
  };
  using item = std::variant<command, subscription, cancellation>;

  void carry_out(base::time_point now, const command& c, media::port::outbox& out);
  void release(base::time_point now, media::port::outbox& out);
  void carry_out(const output& o, media::port::outbox& out);

  server_core core_;
  media::port::command_queue<item> queue_;
  std::vector<item> batch_;
  std::shared_ptr<events> events_;
  bool usage_unseen_ = false;
  core_counters reported_;
  base::time_point usage_due_{};
  base::time_point sweep_due_{};
  base::time_point now_{}; // of the last call
};

} // namespace catchup::turn::shell
