#pragma once
// What members say of their group after the server forgot it.

#include "e2ee/mls_delivery_messages.hpp"

#include <map>
#include <optional>

namespace catchup::e2ee {

class mls_claims {
public:
  /// The newest of each member counts. False when it cannot be: a group
  /// without who says so, or with somebody twice.
  bool put(const base::member_id& from, to_delivery::resume claim);
  void drop(const base::member_id& from) { claims_.erase(from); }
  void clear() { claims_.clear(); }

  bool empty() const noexcept { return claims_.empty(); }
  const std::map<base::member_id, to_delivery::resume>& all() const noexcept { return claims_; }

  /// What all say; empty when they do not agree, or nobody said anything.
  std::optional<to_delivery::resume> agreed() const;
  /// Whether all who are in the group say the same.
  bool complete() const;

private:
  std::map<base::member_id, to_delivery::resume> claims_;
};

} // namespace catchup::e2ee
