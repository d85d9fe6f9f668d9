#pragma once
// The delivery service of one room: orders the commits of its MLS group and
// hands them on (docs/protocol.md §3.6). It holds no key of the group.

#include "base/time.hpp"
#include "base/token_bucket.hpp"
#include "e2ee/mls_claims.hpp"
#include "e2ee/mls_log.hpp"
#include "e2ee/mls_pending.hpp"
#include "e2ee/mls_rules.hpp"

namespace catchup::e2ee {

struct mls_delivery_config {
  /// The number of the first group; greater than that of any before it.
  std::uint64_t first_incarnation = 1;
  mls_log::limits log;
};

struct mls_delivery_output {
  base::member_id to;
  from_delivery::message message;
};

struct mls_delivery_totals {
  std::uint64_t incarnations = 0;
  std::uint64_t duties = 0;
  std::uint64_t commits = 0;  // taken
  std::uint64_t rejected = 0; // commits
  std::uint64_t strikes = 0;
  std::uint64_t forks = 0;
  std::uint64_t dropped = 0; // what came too fast
};

enum class mls_entry {
  in,
  key_package, ///< none of this room, of somebody else, or of another suite
  too_many,    ///< joins in this room
};

/// Calls and time in; what to send, and when to be called again, out.
class mls_delivery {
public:
  mls_delivery(const base::room_tag& tag, const mls_delivery_config& config, base::time_point now);

  /// Admitted, with a key package. `group` is the incarnation it says it is in.
  mls_entry enter(base::time_point now, const base::member_id& who, base::const_bytes admission_key,
                  shared_bytes key_package, std::optional<std::uint64_t> group);
  /// Has a connection again.
  void connect(base::time_point now, const base::member_id& who);
  void disconnect(base::time_point now, const base::member_id& who);
  /// Gone for good.
  void leave(base::time_point now, const base::member_id& who);

  /// False when it is what no honest client says.
  bool receive(base::time_point now, const base::member_id& from, to_delivery::message m);

  /// To be called at deadline(), which is the end of time when there is none.
  void tick(base::time_point now);
  base::time_point deadline() const;

  /// What was said since the last call, in order.
  std::vector<mls_delivery_output> take() { return std::exchange(out_, {}); }

  bool knows(const base::member_id& who) const { return persons_.contains(who); }
  std::uint64_t incarnation() const noexcept { return incarnation_; }
  /// Empty while there is no group.
  std::optional<std::uint64_t> epoch() const;
  /// Null while there is no group.
  const mls_leaves* leaves() const noexcept { return group_ ? &group_->leaves : nullptr; }
  const mls_pending& pending() const noexcept { return pending_; }
  const mls_log& log() const noexcept { return log_; }
  const mls_delivery_totals& totals() const noexcept { return totals_; }

private:
  /// Without a connection for this long a member's leaf is removed.
  static constexpr std::chrono::seconds grace{10};
  /// So long members may say after a restart in which group they are.
  static constexpr std::chrono::seconds claims_for{2};

  enum class state : std::uint8_t { empty, unknown, founding, open };

  struct person {
    explicit person(base::time_point now);
    bool connected = true;
    bool visible = true;
    unsigned strikes = 0;
    unsigned missed = 0; // groups that it should have made
    /// Of the key package that it was added with.
    base::buffer ref;
    base::token_bucket joins, commits, rotations, readies, resumes;
  };
  struct group_state {
    base::buffer id;
    std::uint64_t epoch = 0;
    mls_leaves leaves;
  };

  // What members say.
  bool on(base::time_point now, const base::member_id& from, to_delivery::join& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::founded& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::commit& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::ready& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::resume& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::forked& m);
  bool on(base::time_point now, const base::member_id& from, to_delivery::visible& m);

  // Commits.
  struct verdict;
  verdict judge(base::time_point now, const base::member_id& from, const to_delivery::commit& m);
  void accept(base::time_point now, const to_delivery::commit& m, const verdict& v);

  // Duties.
  std::optional<mls_pending_add> inspect(const base::member_id& who, shared_bytes key_package);
  void add(base::time_point now, mls_pending_add in);
  void plan(base::time_point now);
  void issue(base::time_point now);
  from_delivery::duty duty();
  /// In the order in which they are asked.
  struct committer {
    bool hidden = false;
    std::uint32_t leaf = 0;
    base::member_id who;
    // NOLINTNEXTLINE(modernize-use-nullptr): it sees a null pointer in the default
    auto operator<=>(const committer&) const = default;
  };
  std::vector<committer> committers() const;
  void expire(base::time_point now);
  void remove(base::time_point now, std::uint32_t leaf, const base::member_id& who);

  // Groups.
  void found(base::time_point now);
  std::optional<base::member_id> choose_founder() const;
  void settle_claims(base::time_point now);
  /// Makes another group, when that does not happen too often: later than `after`.
  void fork(base::time_point now, std::uint64_t after = 0);
  void catch_up(const base::member_id& who, std::uint64_t seq);
  void new_epoch();

  person* find(const base::member_id& who);
  bool connected(const base::member_id& who) const;
  std::optional<std::uint32_t> leaf_of(const base::member_id& who) const;
  base::duration patience() const;
  mls_room room() const;

  void say(const base::member_id& to, from_delivery::body body);
  /// To all on a leaf that are not gone, or to those with a connection only.
  void tell_group(const from_delivery::body& body, const base::member_id* but = nullptr,
                  bool connected_only = false);

  base::room_tag tag_;
  mls_delivery_config config_;
  base::buffer admission_key_;
  std::uint16_t suite_ = 0; // of the first key package

  state state_ = state::empty;
  std::uint64_t incarnation_;
  std::uint64_t newest_ = 0; // of the groups that there were since the start
  std::map<base::member_id, person> persons_;
  /// When who is without a connection is given up.
  std::map<base::member_id, base::time_point> grace_;
  mls_pending pending_;
  mls_claims claims_;
  base::member_id founder_;
  std::optional<group_state> group_;
  mls_log log_;
  std::optional<mls_tag> epoch_tag_; // of this epoch, as the first member said

  committer committer_; // of the last duty
  unsigned turn_ = 0;   // duties in this epoch
  std::optional<base::time_point> duty_at_;
  /// Since when nothing comes of a duty, of the founder or of the claims.
  std::optional<base::time_point> since_;
  unsigned failures_ = 0; // groups in a row that came to nothing

  base::token_bucket room_joins_, room_forks_;
  mls_delivery_totals totals_;
  std::vector<mls_delivery_output> out_;
};

} // namespace catchup::e2ee
