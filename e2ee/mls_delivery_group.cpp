// How a group begins, and how one takes the place of another.

#include "e2ee/mls_delivery.hpp"

#include <algorithm>

namespace catchup::e2ee {

namespace {

using namespace std::chrono_literals;
using base::time_point;

/// Without a commit or an answer of the founder for this long there is another group.
constexpr auto give_up_after = 5s;
constexpr unsigned max_doublings = 4;
/// Of the answer to one resume.
constexpr mls_log::limits resume_page{64, 256 * 1024};

} // namespace

void mls_delivery::found(time_point now) {
  auto chosen = choose_founder();
  std::vector<base::member_id> before;
  for (const auto& [who, claim] : claims_.all()) {
    before.push_back(who);
    incarnation_ = std::max(incarnation_, claim.incarnation);
  }
  if (group_)
    for (const auto& [leaf, who] : group_->leaves.all())
      before.push_back(who);
  if (state_ == state::founding)
    before.push_back(founder_);

  newest_ = ++incarnation_;
  ++totals_.incarnations;
  group_.reset();
  log_ = mls_log{config_.log};
  claims_.clear();
  pending_.new_group();
  new_epoch();
  for (auto& [who, p] : persons_) {
    p.strikes = 0;
    p.ref.clear();
  }
  state_ = chosen ? state::founding : state::empty;
  since_.reset();
  if (!chosen)
    return;
  since_ = now;
  founder_ = *chosen;
  say(founder_, from_delivery::found{});
  for (const auto& who : before)
    if (who != founder_ && knows(who) && !pending_.find(who))
      say(who, from_delivery::reset{});
}

// Who waits longest, who is on the lowest leaf, anybody; but of those who are
// there one who let this pass less often than others.
std::optional<base::member_id> mls_delivery::choose_founder() const {
  std::optional<base::member_id> out;
  unsigned least = 0;
  auto consider = [&](const base::member_id& who) {
    auto i = persons_.find(who);
    if (i == persons_.end() || !i->second.connected || (out && i->second.missed >= least))
      return;
    out = who;
    least = i->second.missed;
  };
  for (const auto& a : pending_.adds())
    consider(a.who);
  if (group_)
    for (const auto& [leaf, who] : group_->leaves.all())
      consider(who);
  for (const auto& [who, p] : persons_)
    consider(who);
  return out;
}

void mls_delivery::settle_claims(time_point now) {
  auto claim = claims_.agreed();
  if (!claim)
    return found(now);
  newest_ = incarnation_ = claim->incarnation;
  group_.emplace(group_state{claim->group_id, claim->epoch, mls_leaves{claim->leaves}});
  log_ = mls_log{config_.log, claim->seq, claim->hash};
  new_epoch();
  epoch_tag_ = claim->tag;
  state_ = state::open;
  since_.reset();
  for (const auto& [leaf, who] : claim->leaves) {
    if (claims_.all().contains(who))
      say(who, from_delivery::resumed{claim->seq});
    else if (!connected(who))
      grace_.try_emplace(who, now + grace);
  }
  claims_.clear();
  // Who is in it and asked to be added nevertheless has lost it.
  for (const auto& a : pending_.adds())
    if (auto leaf = leaf_of(a.who))
      pending_.remove(*leaf);
  plan(now);
}

void mls_delivery::fork(time_point now, std::uint64_t after) {
  ++totals_.forks;
  if (!room_forks_.take(now)) {
    ++totals_.dropped;
    return;
  }
  incarnation_ = std::max(incarnation_, after);
  found(now);
}

void mls_delivery::catch_up(const base::member_id& who, std::uint64_t seq) {
  for (auto& entry : log_.after(seq, resume_page))
    say(who, std::move(entry));
  say(who, from_delivery::resumed{log_.last()});
  if (turn_ > 0 && !pending_.empty())
    say(who, duty());
}

void mls_delivery::new_epoch() {
  epoch_tag_.reset();
  turn_ = 0;
  duty_at_.reset();
}

base::duration mls_delivery::patience() const {
  return give_up_after * (1 << std::min(failures_, max_doublings));
}

} // namespace catchup::e2ee
