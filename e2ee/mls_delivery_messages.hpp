#pragma once
// What members and the delivery service say to each other (docs/protocol.md §3.6).

#include "base/ids.hpp"

#include <array>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

namespace catchup::e2ee {

/// Bytes that are kept in several places at once.
using shared_bytes = std::shared_ptr<const base::buffer>;
using mls_tag = std::array<std::byte, 8>;
using mls_log_hash = std::array<std::byte, 32>;

/// "RV1", the tag of the room, 16 bytes of the founder's.
inline constexpr std::size_t mls_group_id_size = 3 + base::room_tag::size + 16;

/// Leaves ascending.
using mls_roster = std::vector<std::pair<std::uint8_t, base::member_id>>;

namespace to_delivery {

struct join {
  shared_bytes key_package;
};
struct founded {
  std::uint64_t incarnation = 0;
  base::buffer group_id;
};
struct commit {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
  shared_bytes commit;
  /// Null when there is none.
  shared_bytes welcome;
};
struct ready {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
  mls_tag tag{};
  mls_log_hash hash{};
};
struct resume {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
  std::uint64_t seq = 0;
  base::buffer group_id;
  mls_tag tag{};
  mls_log_hash hash{};
  mls_roster leaves;

  bool operator==(const resume&) const = default;
};
struct forked {
  std::uint64_t incarnation = 0;
  std::uint64_t epoch = 0;
};

/// Whether somebody looks at the page.
struct visible {
  bool on = true;
};

using message = std::variant<join, founded, commit, ready, resume, forked, visible>;

} // namespace to_delivery

namespace from_delivery {

struct found {};
struct reset {};
struct duty {
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
  mls_log_hash hash{};
};
struct welcome {
  std::uint64_t seq = 0;
  std::uint64_t epoch = 0;
  mls_log_hash hash{};
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
  mls_tag tag{};
};
struct left {
  base::member_id id;
};
struct resumed {
  std::uint64_t seq = 0;
};
struct gone {};

using body =
    std::variant<found, reset, duty, committed, welcome, rejected, ready, left, resumed, gone>;

struct message {
  std::uint64_t incarnation = 0;
  from_delivery::body body;
};

} // namespace from_delivery

} // namespace catchup::e2ee
