#pragma once
// Rules for the commit of an epoch, as far as they can be checked without the
// group's keys, and the leaves of members after it.

#include "e2ee/mls/delivery_messages.hpp"
#include "e2ee/mls/message.hpp"
#include "e2ee/mls/verify.hpp"

#include <map>
#include <span>

namespace catchup::e2ee::mls {

inline constexpr std::size_t max_members = 16;

/// Maps leaves to members. The commits determine it completely (RFC 9420 §7.7).
class leaf_map {
public:
  /// The group's first member is on leaf 0.
  explicit leaf_map(const base::member_id& founder) { leaves_.emplace(0, founder); }

  explicit leaf_map(const roster& known) : leaves_(known.begin(), known.end()) {}

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

/// The changes that may be committed now. Spans are read during the check only.
struct expectation {
  room_parameters room;
  base::const_bytes group_id;
  std::uint64_t epoch = 0;
  const leaf_map* leaves = nullptr;
  /// Member that the connection belongs to.
  base::member_id sender;
  /// Refs of the key packages that were offered for this epoch.
  std::span<const base::buffer> offered;
  /// Leaves of members to remove.
  std::span<const std::uint32_t> leaving;
};

enum class commit_fault {
  group,    ///< another group
  epoch,    ///< another epoch: another commit came first
  sender,   ///< not from the leaf of the member that sent it
  proof,    ///< a signature or tag of another length than those of the suite
  proposal, ///< proposals of a kind, form or number that rooms do not use
  psk,      ///< not exactly one of the room's key when adding or removing
  path,     ///< a path where none belongs, or none where one does, or a wrong leaf in it
  add,      ///< a member that was not offered, or is in the group already
  remove,   ///< a member that the request did not name
  full,     ///< more members than a group may have
  welcome,  ///< not for exactly the members that the commit adds
};

/// Checks whether the commit may end the epoch. `welcome` is null when none came.
base::result<void, commit_fault>
check_commit(const commit_message& commit, const welcome_message* welcome, const expectation& now);

/// The members that a checked commit adds, in the order of its proposals.
std::vector<base::member_id> added_members(const commit_message& commit);

} // namespace catchup::e2ee::mls
