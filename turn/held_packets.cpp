#include "turn/held_packets.hpp"

namespace catchup::turn {

bool held_packets::add(base::time_point now, const five_tuple& from, base::const_bytes in,
                       std::uint64_t behind) {
  if (packets_ >= max_packets || bytes_ + in.size() > max_bytes || in.size() > max_bytes_per_client)
    return false;
  auto& q = by_client_[from];
  if (q.packets.size() >= max_packets_per_client || q.bytes + in.size() > max_bytes_per_client)
    return false; // not empty: a limit of the client is reached
  q.packets.push_back({from, base::to_buffer(in), behind, now + patience});
  q.bytes += in.size();
  ++packets_;
  bytes_ += in.size();
  return true;
}

void held_packets::wake(const five_tuple& client) {
  if (packets_ != 0 && by_client_.contains(client))
    woken_.push_back(client);
}

void held_packets::wake_late(base::time_point now) {
  for (const auto& [client, q] : by_client_)
    if (now >= q.packets.front().until)
      woken_.push_back(client);
}

const held_packets::packet* held_packets::next() {
  while (!woken_.empty()) {
    if (auto i = by_client_.find(woken_.back()); i != by_client_.end())
      return &i->second.packets.front();
    woken_.pop_back(); // it has none left
  }
  return nullptr;
}

held_packets::packet held_packets::take() {
  auto i = by_client_.find(woken_.back());
  auto& q = i->second;
  auto out = std::move(q.packets.front());
  q.packets.pop_front();
  q.bytes -= out.bytes.size();
  --packets_;
  bytes_ -= out.bytes.size();
  if (q.packets.empty())
    by_client_.erase(i);
  return out;
}

} // namespace catchup::turn
