#include "e2ee/mls/resume_reports.hpp"

#include <algorithm>
#include <set>

namespace catchup::e2ee::mls {

bool resume_reports::put(const base::member_id& from, to_delivery::resume claim) {
  std::set<base::member_id> members;
  for (const auto& [leaf, who] : claim.leaves)
    members.insert(who);
  if (members.size() != claim.leaves.size() || !members.contains(from))
    return false;
  claims_[from] = std::move(claim);
  return true;
}

std::optional<to_delivery::resume> resume_reports::agreed() const {
  if (claims_.empty())
    return std::nullopt;
  const auto& first = claims_.begin()->second;
  bool same = std::all_of(claims_.begin(), claims_.end(),
                          [&](const auto& claim) { return claim.second == first; });
  return same ? std::optional{first} : std::nullopt;
}

bool resume_reports::complete() const {
  auto claim = agreed();
  return claim && std::all_of(claim->leaves.begin(), claim->leaves.end(),
                              [&](const auto& leaf) { return claims_.contains(leaf.second); });
}

} // namespace catchup::e2ee::mls
