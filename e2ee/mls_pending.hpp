#pragma once
// Pending additions and removals of a group, and which of them commit requests of
// this epoch named: a commit may contain only those.

#include "e2ee/mls_delivery_messages.hpp"

#include <optional>
#include <set>
#include <span>

namespace catchup::e2ee {

struct mls_pending_add {
  base::member_id who;
  shared_bytes key_package;
  /// Of the key package.
  base::buffer ref;
};

class mls_pending {
public:
  /// Takes the place of what the same member had pending, but not its turn.
  void add(mls_pending_add in);
  void drop(const base::member_id& who);
  void remove(std::uint32_t leaf) { leaving_.insert(leaf); }

  bool empty() const noexcept { return adds_.empty() && leaving_.empty(); }
  const std::vector<mls_pending_add>& adds() const noexcept { return adds_; }
  const mls_pending_add* find(const base::member_id& who) const;
  const std::set<std::uint32_t>& leaving() const noexcept { return leaving_; }
  bool leaving(std::uint32_t leaf) const { return leaving_.contains(leaf); }

  /// All of it, but `most` to be added: from now on it may be committed.
  std::span<const mls_pending_add> offer(std::size_t most);
  /// Refs of all key packages that were offered in this epoch.
  std::span<const base::buffer> offered() const noexcept { return offered_; }
  /// Leaves that a duty of this epoch named.
  std::span<const std::uint32_t> named() const noexcept { return named_; }

  bool wanted(const base::buffer& ref) const;
  /// Ends the epoch with these.
  void done(std::span<const base::buffer> added, std::span<const std::uint32_t> removed);
  /// There is another group: nobody is in it who could leave.
  void new_group();

private:
  std::vector<mls_pending_add> adds_; // in order of arrival
  std::set<std::uint32_t> leaving_;
  std::vector<base::buffer> offered_;
  std::vector<std::uint32_t> named_;
};

} // namespace catchup::e2ee
