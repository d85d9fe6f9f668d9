#include "turn/early_packets.hpp"

namespace catchup::turn {

bool early_packets::add(base::time_point now, const five_tuple& receiver,
                        const base::endpoint& peer, const base::endpoint& relayed,
                        base::const_bytes payload) {
  if (packets_ >= max_packets || bytes_ + payload.size() > max_bytes ||
      payload.size() > max_bytes_per_client)
    return false;
  auto& q = by_client_[receiver];
  if (q.packets.size() >= max_packets_per_client || q.bytes + payload.size() > max_bytes_per_client)
    return false; // not empty: a limit of the receiver is reached
  q.packets.push_back({peer, relayed, base::to_buffer(payload), now + patience});
  q.bytes += payload.size();
  ++packets_;
  bytes_ += payload.size();
  return true;
}

const early_packets::packet* early_packets::next() {
  while (!woken_.empty()) {
    if (auto i = by_client_.find(woken_.back()); i != by_client_.end())
      return &i->second.packets.front();
    woken_.pop_back(); // it has none left
  }
  return nullptr;
}

early_packets::packet early_packets::take() {
  auto i = by_client_.find(woken_.back());
  auto out = pop(i->second);
  if (i->second.packets.empty())
    by_client_.erase(i);
  return out;
}

std::size_t early_packets::expire(base::time_point now) {
  auto before = packets_;
  for (auto i = by_client_.begin(); i != by_client_.end();) {
    auto& q = i->second;
    while (!q.packets.empty() && now >= q.packets.front().until)
      pop(q);
    i = q.packets.empty() ? by_client_.erase(i) : std::next(i);
  }
  return before - packets_;
}

early_packets::packet early_packets::pop(queue& q) {
  auto out = std::move(q.packets.front());
  q.packets.pop_front();
  q.bytes -= out.payload.size();
  --packets_;
  bytes_ -= out.payload.size();
  return out;
}

} // namespace catchup::turn
