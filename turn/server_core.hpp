#pragma once
// The TURN server as the media thread runs it, without sockets: a datagram or
// TCP frame in, at most one thing to do out.

#include "media/rate.hpp"
#include "turn/authenticator.hpp"
#include "turn/command.hpp"
#include "turn/core_counters.hpp"
#include "turn/early_packets.hpp"
#include "turn/forwarding_table.hpp"
#include "turn/held_packets.hpp"
#include "turn/media_names.hpp"
#include "turn/pending_requests.hpp"

#include <algorithm>
#include <optional>
#include <variant>

namespace catchup::turn {

/// A payload of a client for a service of this program (address_plan::local_services).
struct local_delivery {
  base::endpoint relayed; ///< the client's relayed address
  base::endpoint service;
  base::const_bytes payload; ///< a part of the input
};

/// Output of the core for one input: at most one.
using output = std::variant<std::monostate, transmit, request, local_delivery>;

struct core_limits {
  /// Answers a second to one source before it has authenticated itself, or in the
  /// name of one allocation without that.
  unsigned strangers = 50;
  /// Authenticated requests a second of one source, or of one allocation.
  unsigned requests = 200;
  /// Media of one allocation, each way: 10,000 packets a second, 120 Mbit/s.
  media::flow_limit allocation{10'000, 15'000'000};
  /// Beside that, from peers to whom the client has not sent.
  media::flow_limit uninvited{200, 250'000};
  /// Media of all allocations of this core.
  media::flow_limit all{};
};

struct core_config {
  std::string secret;
  std::chrono::seconds nonce_validity{3600};
  std::size_t max_pending = 1024;
  /// As in address_plan.
  std::vector<base::endpoint> local_services{};
  core_limits limits{};
};

class server_core {
public:
  explicit server_core(core_config config);

  /// Short, because it is in every challenge; no rule depends on it.
  static constexpr std::string_view realm = "catchup";

  /// Handles a packet from a client. An unauthenticated sender leaves no state, and its answer
  /// is at most 2.6 times as long as its request.
  output handle(const media::timestamps& t, const five_tuple& from, base::const_bytes in);
  /// The same, when the port has parsed the STUN message or knows that it is ChannelData.
  output handle(const media::timestamps& t, const five_tuple& from, const stun::message& m);
  output handle_channel_data(base::time_point now, const five_tuple& from, base::const_bytes in);
  void count_malformed() noexcept { ++totals_.malformed; }

  /// A payload from `peer` for the relayed address `relayed`: ChannelData or a
  /// Data indication for the client behind it, when it permits that. Whatever
  /// else on this server talks to relayed addresses comes in here.
  std::optional<transmit> deliver(base::time_point now, const base::endpoint& peer,
                                  const base::endpoint& relayed, base::const_bytes payload);

  /// Carries out a command of an actor; a returned answer is to be sent. Call `release`
  /// until it is empty afterwards.
  std::optional<transmit> apply(const command& c);

  /// The next media packet that waited for a decision and has a way now: behind a request
  /// of its sender, or for the permission of its receiver; nothing when there is no more. Its
  /// payload is valid until the next call of this core.
  output release(base::time_point now);

  /// Gives up packets that were held too long. Call it about every 100 ms, and then `release`
  /// until it is empty.
  void wake_late(base::time_point now) {
    held_.wake_late(now);
    auto expired = early_.expire(now);
    totals_.early_expired += expired;
    totals_.unrouted += expired;
  }

  /// Whether an allocation or an unanswered request belongs to this client.
  bool known(const five_tuple& client) const;

  /// Gives up requests that were never answered and routes that are long over.
  /// Call about once a second.
  void sweep(base::time_point now) {
    waiting_.sweep(now);
    table_.sweep(now);
  }

  std::vector<usage> take_usage() { return table_.take_usage(); }
  const core_counters& totals() const noexcept { return totals_; }
  std::size_t routes() const noexcept { return table_.size(); }

private:
  output on_request(const media::timestamps& t, const five_tuple& from, const stun::message& m);
  output on_binding(base::time_point now, const five_tuple& from, const stun::message& m);
  bool may_ask(base::time_point now, const five_tuple& from);
  bool could_ask(base::time_point now, const five_tuple& from) const;
  output on_send(base::time_point now, const five_tuple& from, const stun::message& m);
  output on_media(base::time_point now, const five_tuple& from, base::const_bytes in);
  bool hold(base::time_point now, const five_tuple& from, base::const_bytes in);
  bool queues_up(base::time_point now, const five_tuple& from, base::const_bytes in) {
    return !held_.empty() && held_.any_of(from) && hold(now, from, in);
  }
  bool has_way(base::time_point now, const five_tuple& from, base::const_bytes in) const;
  bool is_local(const base::endpoint& peer) const noexcept {
    return std::ranges::find(local_services_, peer) != local_services_.end();
  }
  bool keep_early(base::time_point now, const base::endpoint& peer, const base::endpoint& relayed,
                  base::const_bytes payload);
  output release_early(base::time_point now);
  output drop(forwarding_table::entry* from, std::size_t payload);
  output forward(base::time_point now, forwarding_table::entry& from, const base::endpoint& peer,
                 base::const_bytes payload);
  void count_failure(base::unix_seconds now, const stun::message& m, int code);
  output challenge(const media::timestamps& t, const five_tuple& from, const stun::message& m,
                   auth_failure why);
  std::optional<base::const_bytes> write_challenge(const media::timestamps& t,
                                                   const five_tuple& from, const stun::message& m,
                                                   const auth_failure& why, bool with_offer);
  transmit answer(const five_tuple& to, const pending_request& t, const response& r);
  std::optional<transmit> refuse_unknown(const five_tuple& to, const stun::message& m,
                                         const authenticated* who);
  stun::transaction_id next_transaction() noexcept;

  core_limits limits_;
  std::vector<base::endpoint> local_services_;
  std::array<media::source_rates, 2> strangers_; // over UDP, and over TCP, where none is forged
  media::source_rates requests_;
  media::flow_meter all_media_;
  authenticator authenticator_;
  forwarding_table table_;
  pending_requests waiting_;
  held_packets held_;
  held_packet released_; // what the last `release` refers to
  early_packets early_;
  early_packet released_early_; // the same
  bool releasing_ = false;
  core_counters totals_;
  stun::transaction_id transaction_;
  std::array<std::byte, 1024> scratch_;
};

} // namespace catchup::turn
