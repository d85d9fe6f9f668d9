#pragma once
// The delivery service of one room: orders the commits of its MLS group and
// hands them on (docs/protocol.md §3.6). It holds no key of the group.

#include "base/time.hpp"
#include "base/token_bucket.hpp"
#include "e2ee/mls/log.hpp"
#include "e2ee/mls/pending.hpp"
#include "e2ee/mls/resume_reports.hpp"
#include "e2ee/mls/rules.hpp"

namespace catchup::e2ee::mls {

struct delivery_config {
  /// The incarnation of the first group; greater than any that clients know.
  std::uint64_t first_incarnation = 1;
  commit_log::limits log;
};

struct delivery_output {
  base::member_id to;
  from_delivery::message message;
};

struct delivery_totals {
  std::uint64_t incarnations = 0;
  std::uint64_t commit_requests = 0;
  std::uint64_t commits = 0;  // accepted
  std::uint64_t rejected = 0; // rejected commits
  std::uint64_t strikes = 0;
  std::uint64_t forks = 0;
  std::uint64_t dropped = 0;          // messages beyond a rate limit
  std::uint64_t refused_welcomes = 0; // as joiners reported
};

enum class entry_result {
  in,
  key_package, ///< of another room, member or suite, or invalid
  too_many,    ///< the room's join rate is used up
};

/// Takes calls and the time; gives messages to send and the next deadline.
class delivery {
public:
  delivery(const base::room_tag& tag, const delivery_config& config, base::time_point now);

  /// Adds an admitted member. `group` is the incarnation that it reports to be in.
  entry_result enter(base::time_point now, const base::member_id& who,
                     base::const_bytes admission_key, shared_bytes key_package,
                     std::optional<std::uint64_t> group);
  /// The member has a connection again, or has lost it.
  void connect(base::time_point now, const base::member_id& who);
  void disconnect(base::time_point now, const base::member_id& who);
  /// The member left for good.
  void leave(base::time_point now, const base::member_id& who);

  /// Handles a message; returns false for a protocol violation.
  bool receive(base::time_point now, const base::member_id& from, to_delivery::message m);

  /// Call at deadline(), which is time_point::max() when nothing is due.
  void tick(base::time_point now);
  base::time_point deadline() const;

  /// Takes the messages to send since the last call, in order.
  std::vector<delivery_output> take() { return std::exchange(out_, {}); }

  bool knows(const base::member_id& who) const { return members_.contains(who); }
  std::uint64_t incarnation() const noexcept { return incarnation_; }
  /// Empty while there is no group.
  std::optional<std::uint64_t> epoch() const;
  /// Null while there is no group.
  const leaf_map* leaves() const noexcept { return group_ ? &group_->leaves : nullptr; }
  const pending_changes& pending() const noexcept { return pending_; }
  const commit_log& log() const noexcept { return log_; }
  const delivery_totals& totals() const noexcept { return totals_; }

private:
  /// A member without a connection for this long is removed from the group.
  static constexpr std::chrono::seconds grace{10};
  /// After a restart, members may report their group for this long.
  static constexpr std::chrono::seconds reports_for{2};

  enum class state : std::uint8_t { empty, unknown, founding, open };

  struct member_state {
    explicit member_state(base::time_point now);
    bool connected = true;
    bool visible = true;
    unsigned strikes = 0;
    unsigned missed = 0; // requests to found a group that it did not answer
    /// KeyPackageRef (RFC 9420 §5.2) of the key package that added it.
    base::buffer ref;
    /// The last Welcome for it, until it reports success or refusal.
    struct invitation {
      std::uint64_t seq = 0;
      base::member_id committer;
    };
    std::optional<invitation> invited;
    /// Members whose Welcomes it refused. With more than two its reports are ignored.
    std::set<base::member_id> refused;
    unsigned refusals = 0; // refused Welcomes since the last usable one
    base::token_bucket joins, commits, rotations, readies, resumes;
  };
  struct group_state {
    base::buffer id;
    std::uint64_t epoch = 0;
    leaf_map leaves;
  };

  // Messages of members.
  bool on(base::time_point now, const base::member_id& from, to_delivery::join& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::founded& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::commit& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::ready& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::resume& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::forked& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::visible& m);

  // Commits.
  struct commit_check;
  commit_check check(base::time_point now, const base::member_id& from,
                     const to_delivery::commit& m);
  void accept(base::time_point now, const base::member_id& from, const to_delivery::commit& m,
              const commit_check& v);

  // Commit requests.
  std::optional<pending_add> inspect(const base::member_id& who, shared_bytes key_package);
  void add(base::time_point now, pending_add in);
  void schedule_request(base::time_point now);
  void send_request(base::time_point now);
  from_delivery::commit_request request();
  /// A candidate for the next commit request; sorts by preference.
  struct committer {
    bool refused = false; // by joiners: see refuses()
    bool hidden = false;
    std::uint32_t leaf = 0;
    base::member_id who;
    // NOLINTNEXTLINE(modernize-use-nullptr): it sees a null pointer in the default
    auto operator<=>(const committer&) const = default;
  };
  std::vector<committer> committers() const;

  // Welcomes that their joiners could not use (delivery_refusals.cpp).
  void note_refusal(base::time_point now, const base::member_id& joiner, std::uint64_t seq);
  void note_success(const base::member_id& joiner, const epoch_tag& tag);
  /// Whether the joiner refused a Welcome of `inviter`, and its reports count.
  bool refuses(const base::member_id& joiner, const base::member_id& inviter) const;
  /// Whether the committer is asked after all others: a pending joiner refused its Welcome, or
  /// several joiners did lately.
  bool asked_last(const base::member_id& inviter) const;
  /// Whether a pending joiner refused Welcomes of all committers that could be asked.
  bool nobody_else(const std::vector<committer>& able) const;
  void forget_refusals(base::time_point now);
  void expire(base::time_point now);
  void remove(base::time_point now, std::uint32_t leaf, const base::member_id& who);

  // Groups.
  void start_group(base::time_point now);
  std::optional<base::member_id> choose_founder() const;
  void settle_reports(base::time_point now);
  /// Starts a group newer than `after`, within a rate limit.
  void fork(base::time_point now, std::uint64_t after = 0);
  void catch_up(const base::member_id& who, std::uint64_t seq);
  void new_epoch();

  member_state* find(const base::member_id& who);
  bool connected(const base::member_id& who) const;
  std::optional<std::uint32_t> leaf_of(const base::member_id& who) const;
  base::duration patience() const;
  room_parameters room() const;

  void send(const base::member_id& to, from_delivery::body body);
  /// Sends to every member on a leaf, or only to those with a connection.
  void send_to_group(const from_delivery::body& body, const base::member_id* but = nullptr,
                     bool connected_only = false);

  base::room_tag tag_;
  delivery_config config_;
  base::buffer admission_key_;
  std::uint16_t suite_ = 0; // suite of the first key package

  state state_ = state::empty;
  std::uint64_t incarnation_;
  std::uint64_t newest_ = 0; // newest incarnation since the start
  std::map<base::member_id, member_state> members_;
  /// When a member without a connection is removed.
  std::map<base::member_id, base::time_point> grace_;
  pending_changes pending_;
  resume_reports reports_;
  /// Joiners that refused the Welcomes of a committer, until when they count.
  struct refusal_record {
    std::set<base::member_id> by;
    base::time_point until;
  };
  std::map<base::member_id, refusal_record> refusals_;
  base::member_id founder_;
  std::optional<group_state> group_;
  commit_log log_;
  std::optional<epoch_tag> epoch_tag_; // of this epoch, as the first member reported

  committer committer_; // of the last commit request
  unsigned turn_ = 0;   // commit requests in this epoch
  std::optional<base::time_point> request_at_;
  /// Start of the wait for a commit, for the founder or for resume reports.
  std::optional<base::time_point> since_;
  unsigned failures_ = 0; // groups in a row that were never founded

  base::token_bucket room_joins_, room_forks_;
  delivery_totals totals_;
  std::vector<delivery_output> out_;
};

} // namespace catchup::e2ee::mls
