// Decides which commit ends an epoch.

#include "e2ee/mls/delivery.hpp"

#include <algorithm>

namespace catchup::e2ee::mls {

using from_delivery::rejection;

struct delivery::commit_check {
  std::optional<rejection> refusal;
  bool refused_before = false; ///< a joiner in it refused a Welcome of the committer
  std::vector<base::member_id> added;
  std::vector<base::buffer> refs;
  std::vector<std::uint32_t> removed;
};

bool delivery::on(base::time_point now, const base::member_id& from, to_delivery::commit& m) {
  if (m.incarnation != incarnation_ || state_ == state::unknown)
    return true;
  auto v = check(now, from, m);
  if (!v.refusal) {
    accept(now, from, m, v);
    return true;
  }
  ++totals_.rejected;
  if (*v.refusal == rejection::form) {
    ++totals_.strikes;
    ++find(from)->strikes;
  }
  if (*v.refusal == rejection::stale && !v.refused_before && request_at_)
    request_at_ = now;
  send(from, from_delivery::rejected{m.epoch, *v.refusal});
  return true;
}

delivery::commit_check delivery::check(base::time_point now, const base::member_id& from,
                                       const to_delivery::commit& m) {
  if (!find(from)->commits.take(now))
    return {rejection::rate, false, {}, {}, {}};
  if (!group_ || m.epoch != group_->epoch)
    return {rejection::epoch, false, {}, {}, {}};
  commit_check malformed{rejection::form, false, {}, {}, {}};
  auto commit = parse_commit(*m.commit);
  if (!commit)
    return malformed;
  std::optional<welcome_message> welcome;
  if (m.welcome) {
    auto parsed = parse_welcome(*m.welcome);
    if (!parsed)
      return malformed;
    welcome = std::move(*parsed);
  }
  expectation expected{room(), group_->id,         group_->epoch,   &group_->leaves,
                       from,   pending_.offered(), pending_.named()};
  if (!check_commit(*commit, welcome ? &*welcome : nullptr, expected))
    return malformed;

  commit_check out{std::nullopt, false, added_members(*commit), {}, commit->removes};
  for (const auto& add : commit->adds)
    out.refs.push_back(key_package_ref(add));
  // A member may have left since the request, or sent another key package.
  if (!std::all_of(out.refs.begin(), out.refs.end(),
                   [&](const auto& ref) { return pending_.wanted(ref); }))
    out.refusal = rejection::stale;
  // A member faster than the requested one would have its useless Welcome sent again.
  else if (committer_.who != from &&
           std::ranges::any_of(out.added, [&](const auto& who) { return refuses(who, from); })) {
    out.refusal = rejection::stale;
    out.refused_before = true;
  } else if (out.refs.empty() && out.removed.empty() && !find(from)->rotations.take(now))
    out.refusal = rejection::rate;
  return out;
}

void delivery::accept(base::time_point now, const base::member_id& from,
                      const to_delivery::commit& m, const commit_check& v) {
  ++totals_.commits;
  failures_ = 0;
  const auto& entry = log_.append(group_->epoch + 1, m.commit);
  send_to_group(entry); // also the members that it removes
  for (auto leaf : v.removed)
    if (auto who = group_->leaves.at(leaf))
      if (auto* p = find(*who))
        p->ref.clear();
  group_->leaves.apply(v.removed, v.added);
  group_->epoch = entry.epoch;
  for (std::size_t i = 0; i < v.added.size(); ++i) {
    if (auto* p = find(v.added[i])) {
      p->ref = v.refs[i];
      p->invited = member_state::invitation{entry.seq, from};
    }
    send(v.added[i], from_delivery::welcome{entry.seq, entry.epoch, entry.hash, m.welcome});
  }
  pending_.done(v.refs, v.removed);
  new_epoch();
  since_.reset();
  schedule_request(now);
}

} // namespace catchup::e2ee::mls
