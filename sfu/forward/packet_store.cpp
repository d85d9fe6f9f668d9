#include "sfu/forward/packet_store.hpp"

#include <cassert>

namespace catchup::sfu::forward {

packet_store::packet_store(std::size_t entries, std::size_t capacity)
  : entries_(entries), capacity_(capacity),
    bytes_(std::make_unique_for_overwrite<std::byte[]>(capacity)) {
  assert(entries > 0 && (entries & (entries - 1)) == 0);
}

void packet_store::put(std::int64_t sequence, base::const_bytes packet) {
  auto& e = at(sequence);
  e.sequence = sequence;
  e.size = 0;
  if (packet.empty() || packet.size() > capacity_)
    return;
  // A packet is never split: the rest of the ring is skipped instead.
  auto offset = static_cast<std::size_t>(written_ % capacity_);
  if (capacity_ - offset < packet.size()) {
    written_ += capacity_ - offset;
    offset = 0;
  }
  std::memcpy(bytes_.get() + offset, packet.data(), packet.size());
  e.position = written_;
  e.size = static_cast<std::uint32_t>(packet.size());
  written_ += packet.size();
}

base::const_bytes packet_store::find(std::int64_t sequence) const noexcept {
  auto& e = at(sequence);
  if (e.sequence != sequence || e.size == 0 || written_ - e.position > capacity_)
    return {};
  return {bytes_.get() + e.position % capacity_, e.size};
}

} // namespace catchup::sfu::forward
