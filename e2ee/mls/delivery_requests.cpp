// Collects pending adds and removes, and asks one member to commit them.

#include "e2ee/mls/delivery.hpp"

#include <algorithm>

namespace catchup::e2ee::mls {

namespace {

using namespace std::chrono_literals;
using base::time_point;

/// Changes are collected for this long before a commit request.
constexpr auto batch = 30ms;
/// A request is repeated after this time; after `eager_turns` less often.
constexpr auto again_after = 800ms;
constexpr unsigned eager_turns = 8;
constexpr auto again_later = 5s;
constexpr unsigned max_strikes = 3;

} // namespace

std::optional<pending_add> delivery::inspect(const base::member_id& who, shared_bytes key_package) {
  auto parsed = parse_key_package(*key_package);
  if (!parsed || (parsed->suite != suite_x25519 && parsed->suite != suite_xwing) ||
      (suite_ != 0 && parsed->suite != suite_) || member_of(parsed->leaf) != who)
    return std::nullopt;
  auto expected = room();
  expected.suite = parsed->suite;
  if (!verify_key_package(*parsed, expected))
    return std::nullopt;
  suite_ = parsed->suite;
  auto ref = key_package_ref(*parsed);
  return pending_add{who, std::move(key_package), std::move(ref)};
}

void delivery::add(time_point now, pending_add in) {
  auto who = in.who;
  const auto* known = pending_.find(who);
  if (find(who)->ref == in.ref || (known && known->ref == in.ref))
    return; // the key package of the admission, sent again
  pending_.add(std::move(in));
  if (auto leaf = leaf_of(who))
    pending_.remove(*leaf);
  if (state_ == state::empty || (state_ == state::open && committers().empty()))
    start_group(now);
  else
    schedule_request(now);
}

void delivery::remove(time_point now, std::uint32_t leaf, const base::member_id& who) {
  if (pending_.leaving(leaf))
    return schedule_request(now);
  pending_.remove(leaf);
  send_to_group(from_delivery::left{who}, &who);
  schedule_request(now);
}

void delivery::schedule_request(time_point now) {
  if (state_ != state::open)
    return;
  if (pending_.empty()) {
    since_.reset();
    request_at_.reset();
    return;
  }
  if (!since_)
    since_ = now;
  if (!request_at_)
    request_at_ = now + batch;
  else
    request_at_ = std::min(*request_at_, now + again_after);
}

void delivery::send_request(time_point now) {
  request_at_.reset();
  if (state_ != state::open || pending_.empty())
    return;
  forget_refusals(now);
  auto able = committers();
  if (able.empty()) {
    since_.reset(); // the wait starts anew with the next committer
    bool waits = std::any_of(pending_.adds().begin(), pending_.adds().end(),
                             [&](const auto& a) { return connected(a.who); });
    if (waits)
      start_group(now);
    return;
  }
  if (auto before = incarnation_; nobody_else(able)) {
    fork(now);
    if (incarnation_ != before)
      return;
  }
  auto next = std::find_if(able.begin(), able.end(),
                           [&](const auto& c) { return turn_ == 0 || c > committer_; });
  committer_ = next == able.end() ? able.front() : *next;
  ++turn_;
  request_at_ = now + (turn_ <= eager_turns ? base::duration{again_after} : again_later);
  ++totals_.commit_requests;
  send_to_group(request(), nullptr, true);
}

from_delivery::commit_request delivery::request() {
  from_delivery::commit_request out{group_->epoch, committer_.who, {}, {}};
  for (auto leaf : pending_.leaving())
    if (auto who = group_->leaves.at(leaf))
      out.removes.push_back({*who, leaf});
  auto staying = group_->leaves.size() - out.removes.size();
  for (const auto& a : pending_.offer(max_members - std::min(max_members, staying)))
    out.adds.push_back({a.who, a.key_package});
  return out;
}

// A member that sent malformed commits is asked only when no other is left.
std::vector<delivery::committer> delivery::committers() const {
  std::vector<committer> out, worst;
  if (!group_)
    return out;
  for (const auto& [leaf, who] : group_->leaves.all())
    if (auto i = members_.find(who);
        i != members_.end() && i->second.connected && !pending_.leaving(leaf))
      (i->second.strikes < max_strikes ? out : worst)
          .push_back({asked_last(who), !i->second.visible, leaf, who});
  if (out.empty())
    out = std::move(worst);
  std::sort(out.begin(), out.end());
  return out;
}

// Removes members that are away for too long while a member can commit it.
void delivery::expire(time_point now) {
  if (state_ == state::open && committers().empty())
    return;
  for (auto i = grace_.begin(); i != grace_.end();) {
    if (now < i->second) {
      ++i;
      continue;
    }
    auto who = i->first;
    i = grace_.erase(i);
    pending_.drop(who);
    if (auto leaf = leaf_of(who))
      remove(now, *leaf, who);
  }
}

} // namespace catchup::e2ee::mls
