#pragma once
// Checks a commit as far as that is possible without the group's keys, and computes
// which member is on which leaf after it.

#include "e2ee/mls_delivery_messages.hpp"
#include "e2ee/mls_message.hpp"
#include "e2ee/mls_verify.hpp"

#include <map>
#include <span>

namespace catchup::e2ee {

inline constexpr std::size_t max_mls_members = 16;

/// Who is on which leaf: given the commits, there is one answer (RFC 9420 §7.7).
class mls_leaves {
public:
  /// The group's first member is on leaf 0.
  explicit mls_leaves(const base::member_id& founder) { leaves_.emplace(0, founder); }

  explicit mls_leaves(const mls_roster& known) : leaves_(known.begin(), known.end()) {}

  std::optional<base::member_id> at(std::uint32_t leaf) const;
  std::optional<std::uint32_t> of(const base::member_id& member) const;
  std::size_t size() const noexcept { return leaves_.size(); }
  /// In the order of leaves.
  const std::map<std::uint32_t, base::member_id>& all() const noexcept { return leaves_; }

  /// Removes first, then puts each new member on the first leaf that is free.
  void apply(std::span<const std::uint32_t> removes, std::span<const base::member_id> adds);

private:
  std::map<std::uint32_t, base::member_id> leaves_;
};

/// What may be committed now. Spans are looked at during the check only.
struct mls_expectation {
  mls_room room;
  base::const_bytes group_id;
  std::uint64_t epoch = 0;
  const mls_leaves* leaves = nullptr;
  /// Who the connection belongs to.
  base::member_id sender;
  /// Refs of the key packages that were offered for this epoch.
  std::span<const base::buffer> offered;
  /// Leaves of those who are to go.
  std::span<const std::uint32_t> leaving;
};

enum class mls_refusal {
  group,    ///< another group
  epoch,    ///< another epoch: somebody was faster
  sender,   ///< not from the leaf of who sent it
  proof,    ///< a signature or tag of another length than those of the suite
  proposal, ///< a kind, form or number of proposals that is not for here
  psk,      ///< not exactly one of the room's key when adding or removing
  path,     ///< a path where none belongs, or none where one does, or a wrong leaf in it
  add,      ///< somebody who was not offered, or is in already
  remove,   ///< somebody who is not to go
  full,     ///< more members than a group may have
  welcome,  ///< not for exactly those that it adds
};

/// Empty when the commit may be the epoch's. `welcome` is null when none came.
std::optional<mls_refusal> check_mls_commit(const mls_commit& commit, const mls_welcome* welcome,
                                            const mls_expectation& now);

/// The members that a checked commit adds, in the order of its proposals.
std::vector<base::member_id> mls_added(const mls_commit& commit);

} // namespace catchup::e2ee
