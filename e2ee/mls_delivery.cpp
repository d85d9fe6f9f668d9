#include "e2ee/mls_delivery.hpp"

#include "e2ee/transcript.hpp"

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
/// Without a commit or an answer of the founder for this long there is another group.
constexpr auto give_up_after = 5s;
constexpr unsigned max_doublings = 4;
/// Without a connection for this long a member's leaf is removed.
constexpr auto grace = 10s;
constexpr auto claims_for = 2s;
constexpr unsigned max_strikes = 3;
/// Clocks may have been set back since the group began, but not by more.
constexpr std::uint64_t clock_slack_ms = 24 * 3600 * 1000;
/// Of the answer to one resume.
constexpr mls_log::limits resume_page{64, 256 * 1024};

} // namespace

mls_delivery::person::person(time_point now)
  : joins(0.2, 4, now), commits(4, 8, now), rotations(0.2, 12, now), readies(10, 20, now),
    resumes(1, 8, now) {}

mls_delivery::mls_delivery(const base::room_tag& tag, const mls_delivery_config& config,
                           time_point now)
  : tag_(tag), config_(config), incarnation_(config.first_incarnation - 1), log_(config.log),
    room_joins_(1, 48, now), room_forks_(0.05, 3, now) {}

// -- who is there -------------------------------------------------------------

mls_entry mls_delivery::enter(time_point now, const base::member_id& who,
                              base::const_bytes admission_key, shared_bytes key_package,
                              std::optional<std::uint64_t> group) {
  if (admission_key_.empty())
    admission_key_ = base::to_buffer(admission_key);
  bool nobody = persons_.empty();
  if (nobody && state_ == state::empty)
    suite_ = 0;
  auto in = inspect(who, std::move(key_package));
  if (!in)
    return mls_entry::key_package;
  if (!group && !room_joins_.take(now))
    return mls_entry::too_many;
  persons_.insert_or_assign(who, person{now});
  grace_.erase(who);
  if (!group) {
    add(now, std::move(*in));
  } else if (nobody && state_ == state::empty) {
    state_ = state::unknown;
    since_ = now;
  }
  return mls_entry::in;
}

void mls_delivery::connect(time_point now, const base::member_id& who) {
  auto* p = find(who);
  if (!p)
    return;
  p->connected = true;
  grace_.erase(who);
  // Nobody was there to see it: perhaps the network was away, and not they.
  for (auto& [id, until] : grace_)
    if (until <= now)
      until = now + grace;
  if (state_ == state::empty)
    found(now);
  else
    plan(now);
}

void mls_delivery::disconnect(time_point now, const base::member_id& who) {
  auto* p = find(who);
  if (!p || !p->connected)
    return;
  p->connected = false;
  grace_[who] = now + grace;
  if (state_ == state::founding && founder_ == who)
    found(now, &who);
  else if (duty_at_ && turn_ > 0 && committer_ == who)
    duty_at_ = now;
}

void mls_delivery::leave(time_point now, const base::member_id& who) {
  if (persons_.erase(who) == 0)
    return;
  grace_.erase(who);
  pending_.drop(who);
  claims_.drop(who);
  if (persons_.empty()) {
    state_ = state::empty;
    new_epoch();
    pending_.new_group();
    group_.reset();
    grace_.clear();
    since_.reset();
    return;
  }
  if (state_ == state::founding && founder_ == who) {
    found(now);
  } else if (auto leaf = leaf_of(who)) {
    if (duty_at_ && turn_ > 0 && committer_ == who)
      duty_at_ = now;
    remove(now, *leaf, who);
  } else {
    plan(now);
  }
}

// -- what they say ------------------------------------------------------------

bool mls_delivery::receive(time_point now, const base::member_id& from, to_delivery::message m) {
  return !find(from) || std::visit([&](auto& x) { return on(now, from, x); }, m);
}

bool mls_delivery::on(time_point now, const base::member_id& from, to_delivery::join& m) {
  if (!find(from)->joins.take(now) || !room_joins_.take(now)) {
    ++totals_.dropped;
    return true;
  }
  auto in = inspect(from, std::move(m.key_package));
  if (in)
    add(now, std::move(*in));
  return in.has_value();
}

bool mls_delivery::on(time_point now, const base::member_id& from, to_delivery::founded& m) {
  if (m.incarnation != incarnation_ || state_ != state::founding || founder_ != from)
    return true;
  transcript prefix{"RV1"};
  prefix.raw(tag_.view());
  const auto& begin = prefix.bytes();
  if (m.group_id.size() != mls_group_id_size ||
      !std::equal(begin.begin(), begin.end(), m.group_id.begin()))
    return false;
  group_.emplace(group_state{std::move(m.group_id), 0, mls_leaves{from}});
  state_ = state::open;
  pending_.drop(from);
  since_.reset();
  if (pending_.empty())
    failures_ = 0;
  plan(now);
  return true;
}

bool mls_delivery::on(time_point now, const base::member_id& from, to_delivery::ready& m) {
  if (m.incarnation != incarnation_ || !group_ || !leaf_of(from) || m.epoch != group_->epoch)
    return true;
  if (!find(from)->readies.take(now)) {
    ++totals_.dropped;
    return true;
  }
  if (!epoch_tag_)
    epoch_tag_ = m.tag;
  tell_group(from_delivery::ready{m.epoch, from, m.tag}, &from, true);
  if (*epoch_tag_ != m.tag || m.hash != log_.last_hash())
    fork(now);
  return true;
}

bool mls_delivery::on(time_point now, const base::member_id& from, to_delivery::resume& m) {
  if (!find(from)->resumes.take(now)) {
    ++totals_.dropped;
    return true;
  }
  if (state_ == state::unknown) {
    bool plausible = m.group_id.size() == mls_group_id_size &&
                     m.incarnation < config_.first_incarnation + clock_slack_ms;
    if (!plausible || !claims_.put(from, std::move(m)))
      say(from, from_delivery::gone{});
    else if (claims_.complete())
      settle_claims(now);
    return true;
  }
  auto leaf = leaf_of(from);
  bool known = m.incarnation == incarnation_ && leaf && !pending_.leaving(*leaf) &&
               base::equal(m.group_id, group_->id) && log_.hash(m.seq) == m.hash;
  if (known)
    catch_up(from, m.seq);
  else
    say(from, from_delivery::gone{});
  return true;
}

bool mls_delivery::on(time_point now, const base::member_id& from, to_delivery::forked& m) {
  if (m.incarnation == incarnation_ && group_ && leaf_of(from) && m.epoch == group_->epoch)
    fork(now);
  return true;
}

// -- time ---------------------------------------------------------------------

void mls_delivery::tick(time_point now) {
  expire(now);
  bool late = since_ && now >= *since_ + (state_ == state::unknown ? claims_for : patience());
  if (state_ == state::unknown) {
    if (late)
      settle_claims(now);
  } else if (late) {
    ++failures_;
    auto failed = founder_;
    found(now, state_ == state::founding ? &failed : nullptr);
  } else if (duty_at_ && now >= *duty_at_) {
    issue(now);
  }
}

time_point mls_delivery::deadline() const {
  auto out = time_point::max();
  if (since_)
    out = *since_ + (state_ == state::unknown ? claims_for : patience());
  if (duty_at_)
    out = std::min(out, *duty_at_);
  // Without anybody to commit it, nobody's end is near.
  if (state_ != state::open || !committers().empty())
    for (const auto& [id, until] : grace_)
      out = std::min(out, until);
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

base::duration mls_delivery::patience() const {
  return give_up_after * (1 << std::min(failures_, max_doublings));
}

// -- duties -------------------------------------------------------------------

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
  auto next = std::find_if(able.begin(), able.end(), [&](const auto& who) {
    return turn_ == 0 || *leaf_of(who) > committer_leaf_;
  });
  committer_ = next == able.end() ? able.front() : *next;
  committer_leaf_ = *leaf_of(committer_);
  ++turn_;
  duty_at_ = now + (turn_ <= eager_turns ? base::duration{again_after} : again_later);
  ++totals_.duties;
  tell_group(duty(), nullptr, true);
}

from_delivery::duty mls_delivery::duty() {
  from_delivery::duty out{group_->epoch, committer_, {}, {}};
  for (auto leaf : pending_.leaving())
    if (auto who = group_->leaves.at(leaf))
      out.removes.push_back({*who, leaf});
  auto staying = group_->leaves.size() - out.removes.size();
  for (const auto& a : pending_.offer(max_mls_members - std::min(max_mls_members, staying)))
    out.adds.push_back({a.who, a.key_package});
  return out;
}

// Lowest leaf first. Who made junk is asked only when there is nobody else.
std::vector<base::member_id> mls_delivery::committers() const {
  std::vector<base::member_id> out, worst;
  if (!group_)
    return out;
  for (const auto& [leaf, who] : group_->leaves.all())
    if (auto i = persons_.find(who);
        i != persons_.end() && i->second.connected && !pending_.leaving(leaf))
      (i->second.strikes < max_strikes ? out : worst).push_back(who);
  return out.empty() ? worst : out;
}

// -- groups -------------------------------------------------------------------

void mls_delivery::found(time_point now, const base::member_id* failed) {
  auto chosen = choose_founder(failed);
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

  ++incarnation_;
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

std::optional<base::member_id> mls_delivery::choose_founder(const base::member_id* failed) const {
  auto able = [&](const base::member_id& who) {
    return connected(who) && !(failed && *failed == who);
  };
  for (const auto& a : pending_.adds())
    if (able(a.who))
      return a.who;
  if (group_)
    for (const auto& [leaf, who] : group_->leaves.all())
      if (able(who))
        return who;
  for (const auto& [who, p] : persons_)
    if (able(who))
      return who;
  if (failed && connected(*failed))
    return *failed;
  return std::nullopt;
}

void mls_delivery::settle_claims(time_point now) {
  auto claim = claims_.agreed();
  if (!claim)
    return found(now);
  incarnation_ = claim->incarnation;
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

void mls_delivery::fork(time_point now) {
  ++totals_.forks;
  if (room_forks_.take(now))
    found(now);
  else
    ++totals_.dropped;
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

// -- small things -------------------------------------------------------------

std::optional<std::uint64_t> mls_delivery::epoch() const {
  return group_ ? std::optional{group_->epoch} : std::nullopt;
}

mls_delivery::person* mls_delivery::find(const base::member_id& who) {
  auto i = persons_.find(who);
  return i == persons_.end() ? nullptr : &i->second;
}

bool mls_delivery::connected(const base::member_id& who) const {
  auto i = persons_.find(who);
  return i != persons_.end() && i->second.connected;
}

std::optional<std::uint32_t> mls_delivery::leaf_of(const base::member_id& who) const {
  return group_ ? group_->leaves.of(who) : std::nullopt;
}

mls_room mls_delivery::room() const { return {tag_, admission_key_, suite_}; }

void mls_delivery::say(const base::member_id& to, from_delivery::body body) {
  out_.push_back({to, {incarnation_, std::move(body)}});
}

void mls_delivery::tell_group(const from_delivery::body& body, const base::member_id* but,
                              bool connected_only) {
  for (const auto& [leaf, who] : group_->leaves.all())
    if (knows(who) && !(but && *but == who) && (!connected_only || connected(who)))
      say(who, body);
}

} // namespace catchup::e2ee
