// Who is to be added and removed, and who is asked to commit it.

#include "e2ee/mls_delivery.hpp"

#include <algorithm>

namespace catchup::e2ee {

namespace {

using namespace std::chrono_literals;
using base::time_point;

/// So long is collected before a duty is given.
constexpr auto batch = 30ms;
/// Then it is given again; after `eager_turns` less often.
constexpr auto again_after = 800ms;
constexpr unsigned eager_turns = 8;
constexpr auto again_later = 5s;
constexpr unsigned max_strikes = 3;

} // namespace

std::optional<mls_pending_add> mls_delivery::inspect(const base::member_id& who,
                                                     shared_bytes key_package) {
  auto parsed = parse_mls_key_package(*key_package);
  if (!parsed || (parsed->suite != mls_suite_x25519 && parsed->suite != mls_suite_xwing) ||
      (suite_ != 0 && parsed->suite != suite_) || mls_member(parsed->leaf) != who)
    return std::nullopt;
  auto expected = room();
  expected.suite = parsed->suite;
  if (verify_mls_key_package(*parsed, expected))
    return std::nullopt;
  suite_ = parsed->suite;
  auto ref = mls_key_package_ref(*parsed);
  return mls_pending_add{who, std::move(key_package), std::move(ref)};
}

void mls_delivery::add(time_point now, mls_pending_add in) {
  auto who = in.who;
  const auto* known = pending_.find(who);
  if (find(who)->ref == in.ref || (known && known->ref == in.ref))
    return; // what came with the admission, a second time
  pending_.add(std::move(in));
  if (auto leaf = leaf_of(who))
    pending_.remove(*leaf);
  if (state_ == state::empty || (state_ == state::open && committers().empty()))
    found(now);
  else
    plan(now);
}

void mls_delivery::remove(time_point now, std::uint32_t leaf, const base::member_id& who) {
  if (pending_.leaving(leaf))
    return plan(now);
  pending_.remove(leaf);
  tell_group(from_delivery::left{who}, &who);
  plan(now);
}

void mls_delivery::plan(time_point now) {
  if (state_ != state::open)
    return;
  if (pending_.empty()) {
    since_.reset();
    duty_at_.reset();
    return;
  }
  if (!since_)
    since_ = now;
  if (!duty_at_)
    duty_at_ = now + batch;
  else
    duty_at_ = std::min(*duty_at_, now + again_after);
}

void mls_delivery::issue(time_point now) {
  duty_at_.reset();
  if (state_ != state::open || pending_.empty())
    return;
  auto able = committers();
  if (able.empty()) {
    since_.reset(); // whoever comes back begins anew
    bool waits = std::any_of(pending_.adds().begin(), pending_.adds().end(),
                             [&](const auto& a) { return connected(a.who); });
    if (waits)
      found(now);
    return;
  }
  auto next = std::find_if(able.begin(), able.end(),
                           [&](const auto& c) { return turn_ == 0 || c > committer_; });
  committer_ = next == able.end() ? able.front() : *next;
  ++turn_;
  duty_at_ = now + (turn_ <= eager_turns ? base::duration{again_after} : again_later);
  ++totals_.duties;
  tell_group(duty(), nullptr, true);
}

from_delivery::duty mls_delivery::duty() {
  from_delivery::duty out{group_->epoch, committer_.who, {}, {}};
  for (auto leaf : pending_.leaving())
    if (auto who = group_->leaves.at(leaf))
      out.removes.push_back({*who, leaf});
  auto staying = group_->leaves.size() - out.removes.size();
  for (const auto& a : pending_.offer(max_mls_members - std::min(max_mls_members, staying)))
    out.adds.push_back({a.who, a.key_package});
  return out;
}

// Who made junk is asked only when there is nobody else.
std::vector<mls_delivery::committer> mls_delivery::committers() const {
  std::vector<committer> out, worst;
  if (!group_)
    return out;
  for (const auto& [leaf, who] : group_->leaves.all())
    if (auto i = persons_.find(who);
        i != persons_.end() && i->second.connected && !pending_.leaving(leaf))
      (i->second.strikes < max_strikes ? out : worst).push_back({!i->second.visible, leaf, who});
  if (out.empty())
    out = std::move(worst);
  std::sort(out.begin(), out.end());
  return out;
}

// Who is away for too long goes, when there is somebody to see to it.
void mls_delivery::expire(time_point now) {
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

} // namespace catchup::e2ee
