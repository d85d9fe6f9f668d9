#pragma once
// Reports of members about their group after the server restarted.

#include "e2ee/mls/delivery_messages.hpp"

#include <map>
#include <optional>

namespace catchup::e2ee::mls {

class resume_reports {
public:
  /// Stores a member's report, replacing its previous one. Returns false if the report
  /// is inconsistent: the reporter is not in its own roster, or a member is listed twice.
  bool put(const base::member_id& from, to_delivery::resume report);
  void drop(const base::member_id& from) { reports_.erase(from); }
  void clear() { reports_.clear(); }

  bool empty() const noexcept { return reports_.empty(); }
  const std::map<base::member_id, to_delivery::resume>& all() const noexcept { return reports_; }

  /// The report that all members agree on; empty without one or on disagreement.
  std::optional<to_delivery::resume> agreed() const;
  /// Whether every member of the reported roster sent the same report.
  bool complete() const;

private:
  std::map<base::member_id, to_delivery::resume> reports_;
};

} // namespace catchup::e2ee::mls
