#pragma once
// The accepted commits of one group, each bound to all before it.

#include "e2ee/mls_delivery_messages.hpp"

#include <deque>
#include <optional>

namespace catchup::e2ee {

/// Keeps the newest commits; the chain of hashes goes on without the older ones.
class mls_log {
public:
  struct limits {
    std::size_t commits = 256;
    std::size_t bytes = 2 * 1024 * 1024;
  };

  /// Empty, and behind entry `seq` with `hash`.
  explicit mls_log(limits l, std::uint64_t seq = 0, const mls_log_hash& hash = {});

  /// The entry of `commit`, which leads to `epoch`. Valid until the next call.
  const from_delivery::committed& append(std::uint64_t epoch, shared_bytes commit);

  std::uint64_t last() const noexcept { return base_ + entries_.size(); }
  /// That of entry `seq`; empty when it is not known any more, or not yet.
  std::optional<mls_log_hash> hash(std::uint64_t seq) const;
  mls_log_hash last_hash() const { return *hash(last()); }

  /// What comes after entry `seq`, whose hash is known: up to `commits` and
  /// `bytes`, but one at least when there is one.
  std::vector<from_delivery::committed> after(std::uint64_t seq, limits most) const;

  std::size_t bytes() const noexcept { return bytes_; }

private:
  limits limits_;
  std::uint64_t base_; // the entry before the first that is kept
  mls_log_hash base_hash_;
  std::deque<from_delivery::committed> entries_;
  std::size_t bytes_ = 0;
};

/// H(before || u64(seq) || commit).
mls_log_hash mls_next_hash(const mls_log_hash& before, std::uint64_t seq, base::const_bytes commit);

} // namespace catchup::e2ee
