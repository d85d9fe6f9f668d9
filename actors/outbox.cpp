#include "actors/outbox.hpp"

#include <utility>

namespace catchup::actors {

const outbox::entry* outbox::add(signal::event e) {
  auto size = signal::size_of(e);
  if (entries_.size() >= limits_.messages || size > limits_.bytes - bytes_)
    return nullptr;
  bytes_ += size;
  return &entries_.emplace_back(entry{++last_, std::move(e)});
}

bool outbox::acknowledge(std::uint32_t n) {
  if (n > last_)
    return false;
  while (forgotten_ < n) {
    bytes_ -= signal::size_of(entries_.front().event);
    entries_.pop_front();
    ++forgotten_;
  }
  return true;
}

} // namespace catchup::actors
