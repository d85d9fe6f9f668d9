// Committers whose Welcomes their joiners refuse. The server cannot open a Welcome; it can
// only count the reports of joiners. A joiner may lie, so no committer is excluded: one that
// was refused is asked after all others.

#include "e2ee/mls/delivery.hpp"

#include <algorithm>

namespace catchup::e2ee::mls {

namespace {

using namespace std::chrono_literals;

/// The reports of a joiner that refuses more committers are ignored.
constexpr std::size_t believed_refusals = 2;
/// After refusals by this many joiners, the committer is asked last for all, for this time.
constexpr std::size_t enough_joiners = 2;
constexpr auto asked_last_for = 60s;
/// After this many refused Welcomes, and without another committer, the joiner founds a new group.
constexpr unsigned most_refusals = 2;

} // namespace

void delivery::note_refusal(base::time_point now, const base::member_id& joiner,
                            std::uint64_t seq) {
  auto& p = *find(joiner);
  if (!p.invited || p.invited->seq != seq)
    return; // not its Welcome, or reported before
  auto inviter = p.invited->committer;
  p.invited.reset();
  ++totals_.refused_welcomes;
  ++p.refusals;
  if (p.refused.size() <= believed_refusals)
    p.refused.insert(inviter);
  if (p.refused.size() > believed_refusals) {
    for (auto& [who, record] : refusals_)
      record.by.erase(joiner);
    return;
  }
  forget_refusals(now);
  auto& record = refusals_[inviter];
  if (record.by.empty())
    record.until = now + asked_last_for;
  record.by.insert(joiner);
}

void delivery::note_success(const base::member_id& joiner, const epoch_tag& tag) {
  auto& p = *find(joiner);
  if (!p.invited || epoch_tag_ != tag)
    return;
  refusals_.erase(p.invited->committer);
  p.invited.reset();
  p.refused.clear();
  p.refusals = 0;
}

bool delivery::refuses(const base::member_id& joiner, const base::member_id& inviter) const {
  auto i = members_.find(joiner);
  return i != members_.end() && i->second.refused.size() <= believed_refusals &&
         i->second.refused.contains(inviter);
}

bool delivery::asked_last(const base::member_id& inviter) const {
  if (auto i = refusals_.find(inviter);
      i != refusals_.end() && i->second.by.size() >= enough_joiners)
    return true;
  return std::ranges::any_of(pending_.adds(),
                             [&](const auto& a) { return refuses(a.who, inviter); });
}

bool delivery::nobody_else(const std::vector<committer>& able) const {
  return std::ranges::any_of(pending_.adds(), [&](const auto& a) {
    auto i = members_.find(a.who);
    return i != members_.end() && i->second.connected && i->second.refusals >= most_refusals &&
           std::ranges::all_of(able, [&](const auto& c) { return refuses(a.who, c.who); });
  });
}

void delivery::forget_refusals(base::time_point now) {
  std::erase_if(refusals_, [&](const auto& r) { return r.second.until <= now; });
}

} // namespace catchup::e2ee::mls
