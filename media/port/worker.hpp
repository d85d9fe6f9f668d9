#pragma once
// The loop of one media thread: one UDP socket, one TCP listener, handlers.

#include "media/port/inter_thread_lanes.hpp"
#include "media/port/sockets.hpp"
#include "media/port/tcp_server.hpp"
#include "media/port/udp_batch.hpp"
#include "media/port/wake_pacer.hpp"
#include "media/port/waker.hpp"

#include <atomic>

namespace catchup::media::port {

using handlers = std::vector<std::shared_ptr<handler>>;

class worker final : private outbox, private tcp_server::listener {
public:
  /// `index` is the number of this thread among those that `others` connects.
  worker(socket_pair sockets, bool any_address, tcp_limits limits, handlers served,
         port_counters& counters, inter_thread_lanes& others, std::size_t index);

  /// Until `stop`, on the calling thread.
  void run();

  /// From any thread; `run` returns soon.
  void stop() noexcept;

private:
  void send(const transmit& t) override;
  base::bytes reserve(const five_tuple& to, std::size_t most) override;
  void commit(std::size_t used, bool media) override;
  void offer(const five_tuple& from, base::const_bytes in) override { offer_to_all(from, in); }
  bool may_handshake(const five_tuple& from, bool begins) override;
  void on_frame(const five_tuple& from, base::const_bytes frame) override;
  bool wants(const five_tuple& from) override;
  void on_closed(const five_tuple& from) override;

  void dispatch(const five_tuple& from, base::const_bytes in);
  void offer_to_all(const five_tuple& from, base::const_bytes in);
  void send_relayed(const transmit& t);
  void read_clocks();
  void dispatch_each(const udp_receiver::arrival& a);
  void drain_udp();
  void hand_over(std::size_t owner, const transmit& t);
  void collect();
  void work();
  void tick();
  void flush();
  std::chrono::milliseconds patience() const;

  file_descriptor udp_;
  handlers handlers_;
  port_counters& counters_;
  inter_thread_lanes& lanes_;
  std::size_t index_;
  epoll poll_;
  udp_receiver receiver_;
  udp_sender sender_;
  handshake_budget handshakes_;
  tcp_server tcp_;
  std::vector<forwarded_frame> forwarded_;
  waker stopper_;
  std::atomic<bool> stopping_{false};
  timestamps time_;
  base::time_point tick_due_{};
  base::time_point sweep_due_{};
  wake_pacer pacer_;
  std::size_t packets_ = 0; // since the last wait
  std::size_t frames_ = 0;  // of these, over TCP
  std::size_t sent_ = 0;    // datagrams and frames since the last wait
  bool drained_ = true;     // nothing was left unread
  five_tuple reserved_for_;
  base::buffer frame_; // what `reserve` gives for a TCP client
};

} // namespace catchup::media::port
