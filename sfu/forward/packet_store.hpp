#pragma once
// The last packets of one stream, for retransmission and to know duplicates. One
// copy per packet, whatever the number of subscribers.

#include "base/bytes.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace catchup::sfu::forward {

class packet_store {
public:
  /// Remembers the last `entries` (a power of two) sequence numbers and, of those,
  /// the bytes of the packets that fit `capacity`.
  packet_store(std::size_t entries, std::size_t capacity);

  /// `sequence` is continuous. An empty packet is remembered as seen.
  void put(std::int64_t sequence, base::const_bytes packet);

  /// Whether `put` was called for it and nothing took its entry since.
  bool seen(std::int64_t sequence) const noexcept { return at(sequence).sequence == sequence; }

  /// The packet; empty when it was empty or is overwritten. Valid until `put`.
  base::const_bytes find(std::int64_t sequence) const noexcept;

private:
  struct entry {
    std::int64_t sequence = -1;
    std::uint64_t position = 0; // counts all bytes ever written
    std::uint32_t size = 0;
  };

  entry& at(std::int64_t sequence) noexcept {
    return entries_[static_cast<std::size_t>(sequence) & (entries_.size() - 1)];
  }
  const entry& at(std::int64_t sequence) const noexcept {
    return entries_[static_cast<std::size_t>(sequence) & (entries_.size() - 1)];
  }

  std::vector<entry> entries_;
  std::size_t capacity_;
  std::unique_ptr<std::byte[]> bytes_; // pages come with the first packets
  std::uint64_t written_ = 0;
};

} // namespace catchup::sfu::forward
