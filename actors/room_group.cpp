#include "actors/room_group.hpp"

namespace catchup::actors {

errc room_group::enter(base::time_point now, const msg::join& m) {
  if (!delivery_)
    delivery_.emplace(tag_, e2ee::mls::delivery_config{first_incarnation_(), {}}, now);
  switch (delivery_->enter(now, m.member, *m.admission_key, m.key_package, m.group)) {
  case e2ee::mls::entry_result::in:
    return errc::none;
  case e2ee::mls::entry_result::key_package:
    return errc::key_package;
  case e2ee::mls::entry_result::too_many:
    return errc::too_many;
  }
  return errc::unavailable;
}

void room_group::leave(base::time_point now, const base::member_id& id) {
  if (delivery_)
    delivery_->leave(now, id);
}

void room_group::set_connected(base::time_point now, const base::member_id& id, bool connected) {
  if (delivery_ && connected)
    delivery_->connect(now, id);
  else if (delivery_)
    delivery_->disconnect(now, id);
}

bool room_group::receive(base::time_point now, const base::member_id& from,
                         const e2ee::mls::to_delivery::message& m) {
  return !delivery_ || delivery_->receive(now, from, m);
}

void room_group::tick(base::time_point now) {
  if (delivery_ && now >= delivery_->deadline())
    delivery_->tick(now);
}

std::vector<e2ee::mls::delivery_output> room_group::take() {
  return delivery_ ? delivery_->take() : std::vector<e2ee::mls::delivery_output>{};
}

base::time_point room_group::deadline() const {
  return delivery_ ? delivery_->deadline() : base::time_point::max();
}

std::vector<std::pair<std::string, std::uint64_t>> room_group::counters() const {
  if (!delivery_)
    return {};
  const auto& t = delivery_->totals();
  return {{"group_members", delivery_->leaves() ? delivery_->leaves()->size() : 0},
          {"group_pending", delivery_->pending().adds().size()},
          {"epoch", delivery_->epoch().value_or(0)},
          {"commits", t.commits},
          {"commits_rejected", t.rejected},
          {"commit_requests", t.commit_requests},
          {"strikes", t.strikes},
          {"refused_welcomes", t.refused_welcomes},
          {"forks", t.forks},
          {"groups", t.incarnations}};
}

} // namespace catchup::actors
