#pragma once
// The TURN front behind the media port: packets from its thread, commands from
// the actors' threads.

#include "turn/front.hpp"
#include "turn/port/command_queue.hpp"
#include "turn/port/command_sink.hpp"
#include "turn/port/handler.hpp"

#include <variant>

namespace catchup::turn::port {

/// Accepts all ChannelData and STUN: put handlers that know some of it before.
class turn_handler final : public handler, public command_sink {
public:
  explicit turn_handler(front_config config);

  bool post(command c) override;
  void subscribe(std::shared_ptr<events> to) override;
  void unsubscribe(const events* from) override;

  bool accepts(packet_kind kind, const five_tuple& from, base::const_bytes in) override;
  void receive(const moment& t, const five_tuple& from, base::const_bytes in, outbox& out) override;
  bool wants(const five_tuple& from) override { return core_.known(from); }
  void closed(const five_tuple& from) override;
  int wake_fd() const override { return queue_.wake_fd(); }
  void work(const moment& t, outbox& out) override;
  void count(const tcp_totals& t) override { core_.count_tcp(t.refused, t.idle, t.dropped); }
  void tick(const moment& t, outbox& out) override;
  void stopped() override;

private:
  struct subscription {
    std::shared_ptr<events> to;
  };
  struct cancellation {
    const events* from = nullptr;
  };
  using item = std::variant<command, subscription, cancellation>;

  void carry_out(base::time_point now, const command& c, outbox& out);
  void release(base::time_point now, outbox& out);

  front core_;
  command_queue<item> queue_;
  std::vector<item> batch_;
  std::shared_ptr<events> events_;
  bool usage_unseen_ = false;
  front_totals reported_;
  base::time_point usage_due_{};
  base::time_point sweep_due_{};
};

} // namespace catchup::turn::port
