// Starts a group, and replaces one by another.

#include "e2ee/mls/delivery.hpp"

#include <algorithm>

namespace catchup::e2ee::mls {

namespace {

using namespace std::chrono_literals;
using base::time_point;

/// Time without a commit, or without an answer of the founder, until a new group.
constexpr auto give_up_after = 5s;
constexpr unsigned max_doublings = 4;
/// Limits of the answer to one resume.
constexpr commit_log::limits resume_page{64, 256 * 1024};

} // namespace

void delivery::start_group(time_point now) {
  auto chosen = choose_founder();
  std::vector<base::member_id> before;
  for (const auto& [who, report] : reports_.all()) {
    before.push_back(who);
    incarnation_ = std::max(incarnation_, report.incarnation);
  }
  if (group_)
    for (const auto& [leaf, who] : group_->leaves.all())
      before.push_back(who);
  if (state_ == state::founding)
    before.push_back(founder_);

  newest_ = ++incarnation_;
  ++totals_.incarnations;
  group_.reset();
  log_ = commit_log{config_.log};
  reports_.clear();
  pending_.new_group();
  new_epoch();
  for (auto& [who, p] : members_) {
    p.strikes = 0;
    p.ref.clear();
    p.invited.reset();
  }
  state_ = chosen ? state::founding : state::empty;
  since_.reset();
  if (!chosen)
    return;
  since_ = now;
  founder_ = *chosen;
  send(founder_, from_delivery::found{});
  for (const auto& who : before)
    if (who != founder_ && knows(who) && !pending_.find(who))
      send(who, from_delivery::reset{});
}

// Prefers connected members that missed the fewest earlier requests; among them
// the longest waiting, then the lowest leaf, then any.
std::optional<base::member_id> delivery::choose_founder() const {
  std::optional<base::member_id> out;
  unsigned least = 0;
  auto consider = [&](const base::member_id& who) {
    auto i = members_.find(who);
    if (i == members_.end() || !i->second.connected || (out && i->second.missed >= least))
      return;
    out = who;
    least = i->second.missed;
  };
  for (const auto& a : pending_.adds())
    consider(a.who);
  if (group_)
    for (const auto& [leaf, who] : group_->leaves.all())
      consider(who);
  for (const auto& [who, p] : members_)
    consider(who);
  return out;
}

void delivery::settle_reports(time_point now) {
  auto report = reports_.agreed();
  if (!report)
    return start_group(now);
  newest_ = incarnation_ = report->incarnation;
  group_.emplace(group_state{report->group_id, report->epoch, leaf_map{report->leaves}});
  log_ = commit_log{config_.log, report->seq, report->hash};
  new_epoch();
  epoch_tag_ = report->tag;
  state_ = state::open;
  since_.reset();
  for (const auto& [leaf, who] : report->leaves) {
    if (reports_.all().contains(who))
      send(who, from_delivery::resumed{report->seq});
    else if (!connected(who))
      grace_.try_emplace(who, now + grace);
  }
  reports_.clear();
  // A member that asks to be added although it is in the group has lost its state.
  for (const auto& a : pending_.adds())
    if (auto leaf = leaf_of(a.who))
      pending_.remove(*leaf);
  schedule_request(now);
}

void delivery::fork(time_point now, std::uint64_t after) {
  ++totals_.forks;
  if (!room_forks_.take(now)) {
    ++totals_.dropped;
    return;
  }
  incarnation_ = std::max(incarnation_, after);
  start_group(now);
}

void delivery::catch_up(const base::member_id& who, std::uint64_t seq) {
  for (auto& entry : log_.after(seq, resume_page))
    send(who, std::move(entry));
  send(who, from_delivery::resumed{log_.last()});
  if (turn_ > 0 && !pending_.empty())
    send(who, request());
}

void delivery::new_epoch() {
  epoch_tag_.reset();
  turn_ = 0;
  request_at_.reset();
}

base::duration delivery::patience() const {
  return give_up_after * (1 << std::min(failures_, max_doublings));
}

} // namespace catchup::e2ee::mls
