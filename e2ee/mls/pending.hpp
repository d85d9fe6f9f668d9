#pragma once
// Members to add to a group and to remove from it, and which of these changes the
// commit requests of this epoch named: only those may be committed.

#include "e2ee/mls/delivery_messages.hpp"

#include <optional>
#include <set>
#include <span>

namespace catchup::e2ee::mls {

struct pending_add {
  base::member_id who;
  shared_bytes key_package;
  /// KeyPackageRef of the key package.
  base::buffer ref;
};

class pending_changes {
public:
  /// Replaces an earlier pending add of the same member and keeps its position.
  void add(pending_add in);
  void drop(const base::member_id& who);
  void remove(std::uint32_t leaf) { leaving_.insert(leaf); }

  bool empty() const noexcept { return adds_.empty() && leaving_.empty(); }
  const std::vector<pending_add>& adds() const noexcept { return adds_; }
  const pending_add* find(const base::member_id& who) const;
  const std::set<std::uint32_t>& leaving() const noexcept { return leaving_; }
  bool leaving(std::uint32_t leaf) const { return leaving_.contains(leaf); }

  /// Offers all removes and at most `most` adds: from now on they may be committed.
  std::span<const pending_add> offer(std::size_t most);
  /// Refs of all key packages that were offered in this epoch.
  std::span<const base::buffer> offered() const noexcept { return offered_; }
  /// Leaves that a commit request of this epoch named.
  std::span<const std::uint32_t> named() const noexcept { return named_; }

  bool wanted(const base::buffer& ref) const;
  /// Ends the epoch with the changes that its commit made.
  void done(std::span<const base::buffer> added, std::span<const std::uint32_t> removed);
  /// Starts a new group, which has no members to remove.
  void new_group();

private:
  std::vector<pending_add> adds_; // in order of arrival
  std::set<std::uint32_t> leaving_;
  std::vector<base::buffer> offered_;
  std::vector<std::uint32_t> named_;
};

} // namespace catchup::e2ee::mls
