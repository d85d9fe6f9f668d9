#include "e2ee/mls/resume_reports.hpp"

#include <algorithm>
#include <set>

namespace catchup::e2ee::mls {

bool resume_reports::put(const base::member_id& from, to_delivery::resume report) {
  std::set<base::member_id> members;
  for (const auto& [leaf, who] : report.leaves)
    members.insert(who);
  if (members.size() != report.leaves.size() || !members.contains(from))
    return false;
  reports_[from] = std::move(report);
  return true;
}

std::optional<to_delivery::resume> resume_reports::agreed() const {
  if (reports_.empty())
    return std::nullopt;
  const auto& first = reports_.begin()->second;
  bool same = std::all_of(reports_.begin(), reports_.end(),
                          [&](const auto& report) { return report.second == first; });
  return same ? std::optional{first} : std::nullopt;
}

bool resume_reports::complete() const {
  auto report = agreed();
  return report && std::all_of(report->leaves.begin(), report->leaves.end(),
                               [&](const auto& leaf) { return reports_.contains(leaf.second); });
}

} // namespace catchup::e2ee::mls
