#pragma once
// Messages between members and the delivery service (docs/protocol.md §3.6).

#include "base/ids.hpp"

#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace catchup::e2ee::mls {

/// Immutable bytes with several owners.
using shared_bytes = std::shared_ptr<const base::buffer>;
using epoch_tag = std::array<std::byte, 8>;
using log_hash = std::array<std::byte, 32>;

/// Size of "RV1" || room tag || 16 random bytes of the founder.
inline constexpr std::size_t group_id_size = 3 + base::room_tag::size + 16;

/// Leaf index and member, ascending by leaf.
using roster = std::vector<std::pair<std::uint8_t, base::member_id>>;

namespace to_delivery {

struct join {
  shared_bytes key_package;
  /// The `seq` of a Welcome that the member could not use and joins again for.
  std::optional<std::uint64_t> refused = {};
};
struct founded {
  std::uint64_t incarnation = 0;
  base::buffer group_id;
};
struct commit {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
  shared_bytes commit;
  /// Null when the commit adds no member.
  shared_bytes welcome;
};
struct ready {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
  epoch_tag tag{};
  log_hash hash{};
};
struct resume {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  base::buffer group_id;
  epoch_tag tag{};
  log_hash hash{};
  roster leaves;

  bool operator==(const resume&) const = default;
};
struct forked {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
};

/// Whether the page is visible (Page Visibility API).
struct visible {
  bool on = true;
};

using message = std::variant<join, founded, commit, ready, resume, forked, visible>;

} // namespace to_delivery

namespace from_delivery {

struct found {};
struct reset {};
struct commit_request {
  struct add {
    base::member_id id;
    shared_bytes key_package;
  };
  struct remove {
    base::member_id id;
    std::uint32_t leaf = 0;
  };
  std::uint64_t epoch = 0;
  base::member_id committer;
  std::vector<add> adds;
  std::vector<remove> removes;
};
struct committed {
  std::uint64_t seq = 0;
  std::uint64_t epoch = 0;
  shared_bytes commit;
  log_hash hash{};
};
struct welcome {
  std::uint64_t seq = 0;
  std::uint64_t epoch = 0;
  log_hash hash{};
  shared_bytes welcome;
};
enum class rejection : std::uint8_t { epoch, stale, form, rate };
struct rejected {
  std::uint64_t epoch = 0;
  rejection reason = rejection::epoch;
};
struct ready {
  std::uint64_t epoch = 0;
  base::member_id id;
  epoch_tag tag{};
};
struct left {
  base::member_id id;
};
struct resumed {
  std::uint64_t seq = 0;
};
struct gone {};

using body = std::variant<found, reset, commit_request, committed, welcome, rejected, ready, left,
                          resumed, gone>;

struct message {
  std::uint64_t incarnation = 0;
  from_delivery::body body;
};

} // namespace from_delivery

} // namespace catchup::e2ee::mls
