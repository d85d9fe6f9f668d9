#pragma once
// All TCP connections of one media thread: accepting within limits, reading,
// flushing, and closing what nobody wants.

#include "media/port/epoll.hpp"
#include "media/port/handler.hpp"
#include "media/port/handshake_budget.hpp"
#include "media/port/tcp_connection.hpp"
#include "media/port/tls_slot.hpp"
#include "media/port_counters.hpp"
#include "media/rate.hpp"

#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace catchup::media::port {

struct tcp_limits {
  std::size_t connections = 4096;
  std::size_t per_source = 64; // of one IPv4 address or IPv6 /64
  unsigned arrivals = 100;     ///< new ones a second of one source, twice as many at once
  /// When all places are taken, one that no handler wants is safe for this long, and
  /// up to a second more.
  std::chrono::milliseconds grace{2000};
  /// A connection that no handler wants is closed after this.
  std::chrono::seconds idle{30};
  /// With what new connections may speak TLS; nothing: they may not.
  std::shared_ptr<tls_slot> tls{};
  handshake_budget::limits handshakes{};
};

class tcp_server {
public:
  /// Receives the events of the server.
  class listener {
  public:
    virtual ~listener() = default;
    virtual void on_frame(const five_tuple& from, base::const_bytes frame) = 0;
    virtual bool wants(const five_tuple& from) = 0;
    virtual void on_closed(const five_tuple& from) = 0;
  };

  /// Tags from `first_tag` on are this server's, the first is for accepting.
  /// `handshakes` is shared with DTLS.
  tcp_server(file_descriptor fd, tcp_limits limits, handshake_budget& handshakes,
             port_counters& counters, epoll& poll, std::uint64_t first_tag, listener& to);

  /// Something with one of this server's tags is ready.
  void on_ready(base::time_point now, std::uint64_t tag, std::uint32_t what);

  void send(const transmit& t);

  /// Writes what was queued since the last call.
  void flush();

  /// Closes what has been idle too long. Call about once a second.
  void sweep(base::time_point now);

  /// Whether, since the last call, a connection had more than was read.
  bool left_unread() noexcept { return std::exchange(unread_, false); }

private:
  using table = std::unordered_map<std::uint64_t, std::unique_ptr<tcp_connection>>;

  static void count(std::atomic<std::uint64_t>& what, std::uint64_t n = 1) noexcept {
    what.fetch_add(n, std::memory_order_relaxed);
  }
  void accept(base::time_point now);
  void admit(base::time_point now, file_descriptor fd, const five_tuple& peer);
  bool make_room();
  void find_eviction_candidates(base::time_point now);
  void read(base::time_point now, std::uint64_t id);
  void write(std::uint64_t id, tcp_connection& c);
  void close(std::uint64_t id);
  void mark_dirty(std::uint64_t id, tcp_connection& c);

  file_descriptor fd_;
  tcp_limits limits_;
  handshake_budget& handshakes_;
  port_counters& counters_;
  epoll& poll_;
  std::uint64_t tag_;
  std::uint64_t last_id_;
  listener& to_;
  source_rates arrivals_;
  table connections_;
  std::unordered_map<base::ip_address, std::size_t> of_source_;
  std::vector<std::uint64_t> dirty_;
  std::vector<std::uint64_t> eviction_candidates_; // the next one last
  base::buffer space_;
  bool accepting_ = true;
  bool unread_ = false;
};

} // namespace catchup::media::port
