#pragma once
// The accepted commits of one group, each bound to all before it.

#include "e2ee/mls/delivery_messages.hpp"

#include <deque>
#include <optional>

namespace catchup::e2ee::mls {

/// Keeps the newest commits; the chain of hashes goes on without the older ones.
class commit_log {
public:
  struct limits {
    std::size_t commits = 256;
    std::size_t bytes = 2 * 1024 * 1024;
  };

  /// Starts empty behind entry `seq`, whose hash is `hash`.
  explicit commit_log(limits l, std::uint64_t seq = 0, const log_hash& hash = {});

  /// Appends `commit`, which leads to `epoch`. The entry is valid until the next call.
  const from_delivery::committed& append(std::uint64_t epoch, shared_bytes commit);

  std::uint64_t last() const noexcept { return base_ + entries_.size(); }
  /// Hash of entry `seq`; empty when the entry is dropped or does not exist yet.
  std::optional<log_hash> hash(std::uint64_t seq) const;
  log_hash last_hash() const { return *hash(last()); }

  /// Entries after `seq`, whose hash is known: at most `commits` and `bytes`, but
  /// at least one if one exists.
  std::vector<from_delivery::committed> after(std::uint64_t seq, limits most) const;

  std::size_t bytes() const noexcept { return bytes_; }

private:
  limits limits_;
  std::uint64_t base_; // number of the entry before the first kept one
  log_hash base_hash_;
  std::deque<from_delivery::committed> entries_;
  std::size_t bytes_ = 0;
};

/// H(before || u64(seq) || commit).
log_hash next_hash(const log_hash& before, std::uint64_t seq, base::const_bytes commit);

} // namespace catchup::e2ee::mls
