#include "e2ee/mls/delivery.hpp"

#include "e2ee/transcript.hpp"

#include <algorithm>

namespace catchup::e2ee::mls {

namespace {

using namespace std::chrono_literals;
using base::time_point;

/// Largest step by which the clock may have been set back since the group began.
constexpr std::uint64_t clock_slack_ms = 24 * 3600 * 1000;

} // namespace

delivery::member_state::member_state(time_point now)
  : joins(0.2, 4, now), commits(4, 8, now), rotations(0.2, 12, now), readies(10, 20, now),
    resumes(1, 8, now) {}

delivery::delivery(const base::room_tag& tag, const delivery_config& config, time_point now)
  : tag_(tag), config_(config), incarnation_(config.first_incarnation - 1), log_(config.log),
    room_joins_(1, 48, now), room_forks_(0.05, 3, now) {}

// -- members ------------------------------------------------------------------

entry_result delivery::enter(time_point now, const base::member_id& who,
                             base::const_bytes admission_key, shared_bytes key_package,
                             std::optional<std::uint64_t> group) {
  if (admission_key_.empty())
    admission_key_ = base::to_buffer(admission_key);
  bool nobody = members_.empty();
  if (nobody && state_ == state::empty)
    suite_ = 0;
  auto in = inspect(who, std::move(key_package));
  if (!in)
    return entry_result::key_package;
  if (!room_joins_.take(now))
    return entry_result::too_many;
  members_.insert_or_assign(who, member_state{now});
  grace_.erase(who);
  if (!group) {
    add(now, std::move(*in));
  } else if (nobody && state_ == state::empty) {
    state_ = state::unknown;
    since_ = now;
  }
  return entry_result::in;
}

void delivery::connect(time_point now, const base::member_id& who) {
  auto* p = find(who);
  if (!p)
    return;
  p->connected = true;
  grace_.erase(who);
  // No member was connected: the network may have failed, and not the members.
  for (auto& [id, until] : grace_)
    if (until <= now)
      until = now + grace;
  if (state_ == state::empty)
    start_group(now);
  else
    schedule_request(now);
}

void delivery::disconnect(time_point now, const base::member_id& who) {
  auto* p = find(who);
  if (!p || !p->connected)
    return;
  p->connected = false;
  grace_[who] = now + grace;
  if (state_ == state::founding && founder_ == who)
    start_group(now);
  else if (request_at_ && turn_ > 0 && committer_.who == who)
    request_at_ = now;
}

void delivery::leave(time_point now, const base::member_id& who) {
  if (members_.erase(who) == 0)
    return;
  grace_.erase(who);
  pending_.drop(who);
  reports_.drop(who);
  refusals_.erase(who);
  if (members_.empty()) {
    state_ = state::empty;
    refusals_.clear();
    new_epoch();
    pending_.new_group();
    group_.reset();
    grace_.clear();
    since_.reset();
    return;
  }
  if (state_ == state::founding && founder_ == who) {
    start_group(now);
  } else if (auto leaf = leaf_of(who)) {
    if (request_at_ && turn_ > 0 && committer_.who == who)
      request_at_ = now;
    remove(now, *leaf, who);
  } else {
    schedule_request(now);
  }
}

// -- their messages -----------------------------------------------------------

bool delivery::receive(time_point now, const base::member_id& from, to_delivery::message m) {
  return !find(from) || std::visit([&](auto& x) { return on(now, from, x); }, m);
}

bool delivery::on(time_point now, const base::member_id& from, to_delivery::join& m) {
  if (!find(from)->joins.take(now) || !room_joins_.take(now)) {
    ++totals_.dropped;
    return true;
  }
  auto in = inspect(from, std::move(m.key_package));
  if (in && m.refused)
    note_refusal(now, from, *m.refused);
  if (in)
    add(now, std::move(*in));
  return in.has_value();
}

bool delivery::on(time_point now, const base::member_id& from, to_delivery::founded& m) {
  if (m.incarnation != incarnation_ || state_ != state::founding || founder_ != from)
    return true;
  transcript prefix{"RV1"};
  prefix.raw(tag_.view());
  const auto& begin = prefix.bytes();
  if (m.group_id.size() != group_id_size ||
      !std::equal(begin.begin(), begin.end(), m.group_id.begin()))
    return false;
  find(from)->missed = 0;
  group_.emplace(group_state{std::move(m.group_id), 0, leaf_map{from}});
  state_ = state::open;
  pending_.drop(from);
  since_.reset();
  if (pending_.empty())
    failures_ = 0;
  schedule_request(now);
  return true;
}

bool delivery::on(time_point now, const base::member_id& from, to_delivery::ready& m) {
  if (m.incarnation != incarnation_ || !group_ || !leaf_of(from) || m.epoch != group_->epoch)
    return true;
  if (!find(from)->readies.take(now)) {
    ++totals_.dropped;
    return true;
  }
  if (!epoch_tag_)
    epoch_tag_ = m.tag;
  note_success(from, m.tag);
  send_to_group(from_delivery::ready{m.epoch, from, m.tag}, &from, true);
  if (*epoch_tag_ != m.tag || m.hash != log_.last_hash())
    fork(now);
  return true;
}

bool delivery::on(time_point now, const base::member_id& from, to_delivery::resume& m) {
  if (!find(from)->resumes.take(now)) {
    ++totals_.dropped;
    return true;
  }
  bool plausible = m.group_id.size() == group_id_size &&
                   m.incarnation < config_.first_incarnation + clock_slack_ms;
  if (state_ == state::unknown) {
    // The group that members resume may be older than the group we would start now.
    auto theirs = std::min(m.incarnation, incarnation_);
    if (!plausible || m.incarnation < newest_ || !reports_.put(from, std::move(m)))
      out_.push_back({from, {theirs, from_delivery::gone{}}});
    else if (reports_.complete())
      settle_reports(now);
    return true;
  }
  auto leaf = leaf_of(from);
  if (plausible && m.incarnation > incarnation_) {
    // The client rejects incarnations older than its own, so start a newer one.
    fork(now, m.incarnation);
    if (!leaf && incarnation_ > m.incarnation && founder_ != from && !pending_.find(from))
      send(from, from_delivery::reset{});
    return true;
  }
  bool known = m.incarnation == incarnation_ && leaf && !pending_.leaving(*leaf) &&
               base::equal(m.group_id, group_->id) && log_.hash(m.seq) == m.hash;
  if (known)
    catch_up(from, m.seq);
  else
    send(from, from_delivery::gone{});
  return true;
}

bool delivery::on(time_point now, const base::member_id& from, to_delivery::forked& m) {
  if (m.incarnation == incarnation_ && group_ && leaf_of(from) && m.epoch == group_->epoch)
    fork(now);
  return true;
}

bool delivery::on(time_point, const base::member_id& from, to_delivery::visible& m) {
  find(from)->visible = m.on;
  return true;
}

// -- time ---------------------------------------------------------------------

void delivery::tick(time_point now) {
  expire(now);
  bool late = since_ && now >= *since_ + (state_ == state::unknown ? reports_for : patience());
  if (state_ == state::unknown) {
    if (late)
      settle_reports(now);
  } else if (late) {
    ++failures_;
    if (auto* p = find(founder_); p && state_ == state::founding)
      ++p->missed;
    start_group(now);
  } else if (request_at_ && now >= *request_at_) {
    send_request(now);
  }
}

time_point delivery::deadline() const {
  auto out = time_point::max();
  if (since_)
    out = *since_ + (state_ == state::unknown ? reports_for : patience());
  if (request_at_)
    out = std::min(out, *request_at_);
  // Ignore grace deadlines while no connected member could commit the removal.
  if (state_ != state::open || !committers().empty())
    for (const auto& [id, until] : grace_)
      out = std::min(out, until);
  return out;
}

// -- helpers ------------------------------------------------------------------

std::optional<std::uint64_t> delivery::epoch() const {
  return group_ ? std::optional{group_->epoch} : std::nullopt;
}

delivery::member_state* delivery::find(const base::member_id& who) {
  auto i = members_.find(who);
  return i == members_.end() ? nullptr : &i->second;
}

bool delivery::connected(const base::member_id& who) const {
  auto i = members_.find(who);
  return i != members_.end() && i->second.connected;
}

std::optional<std::uint32_t> delivery::leaf_of(const base::member_id& who) const {
  return group_ ? group_->leaves.of(who) : std::nullopt;
}

room_parameters delivery::room() const { return {tag_, admission_key_, suite_}; }

void delivery::send(const base::member_id& to, from_delivery::body body) {
  out_.push_back({to, {incarnation_, std::move(body)}});
}

void delivery::send_to_group(const from_delivery::body& body, const base::member_id* but,
                             bool connected_only) {
  for (const auto& [leaf, who] : group_->leaves.all())
    if (knows(who) && !(but && *but == who) && (!connected_only || connected(who)))
      send(who, body);
}

} // namespace catchup::e2ee::mls
