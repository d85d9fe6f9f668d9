#pragma once
// Packets that wait for a decision, in order, each for its client. Bounded in packets
// and bytes of a client and of all, and in time. Asks for memory only when a packet
// is kept.

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "turn/media_names.hpp"

#include <deque>
#include <unordered_map>
#include <vector>

namespace catchup::turn {

/// `Packet` has `base::buffer bytes`, `base::time_point until`, and as static constants
/// `max_packets_per_client`, `max_bytes_per_client`, `max_packets`, `max_bytes` and
/// `patience`.
template <class Packet>
class packet_queues {
public:
  bool empty() const noexcept { return packets_ == 0; }
  bool any_of(const five_tuple& client) const { return by_client_.contains(client); }

  /// Puts `p`, with a copy of `in`, behind those of the same client. False when a limit
  /// is reached; then nothing is kept.
  bool add(base::time_point now, const five_tuple& client, Packet p, base::const_bytes in) {
    if (packets_ >= Packet::max_packets || bytes_ + in.size() > Packet::max_bytes ||
        in.size() > Packet::max_bytes_per_client)
      return false;
    auto& q = by_client_[client];
    if (q.packets.size() >= Packet::max_packets_per_client ||
        q.bytes + in.size() > Packet::max_bytes_per_client)
      return false; // not empty: a limit of the client is reached
    p.bytes = base::to_buffer(in);
    p.until = now + Packet::patience;
    q.packets.push_back(std::move(p));
    q.bytes += in.size();
    ++packets_;
    bytes_ += in.size();
    return true;
  }

  /// Something was decided for the client: its packets are worth a look.
  void wake(const five_tuple& client) {
    if (packets_ != 0 && by_client_.contains(client))
      woken_.push_back(client);
  }
  /// Wakes every client whose oldest packet has waited for `patience`.
  void wake_late(base::time_point now) {
    for (const auto& [client, q] : by_client_)
      if (now >= q.packets.front().until)
        woken_.push_back(client);
  }

  /// The oldest packet of a woken client, or null when no client is woken.
  const Packet* next() {
    while (!woken_.empty()) {
      if (auto i = by_client_.find(woken_.back()); i != by_client_.end())
        return &i->second.packets.front();
      woken_.pop_back(); // it has none left
    }
    return nullptr;
  }
  /// Takes out the packet that `next` returned.
  Packet take() {
    auto i = by_client_.find(woken_.back());
    auto out = pop(i->second);
    if (i->second.packets.empty())
      by_client_.erase(i);
    return out;
  }
  /// Lets the client of the packet that `next` returned wait again.
  void sleep() { woken_.pop_back(); }

  /// Drops packets that waited for `patience`; returns their number.
  std::size_t expire(base::time_point now) {
    auto before = packets_;
    for (auto i = by_client_.begin(); i != by_client_.end();) {
      auto& q = i->second;
      while (!q.packets.empty() && now >= q.packets.front().until)
        pop(q);
      i = q.packets.empty() ? by_client_.erase(i) : std::next(i);
    }
    return before - packets_;
  }

private:
  struct queue {
    std::deque<Packet> packets;
    std::size_t bytes = 0;
  };

  Packet pop(queue& q) {
    auto out = std::move(q.packets.front());
    q.packets.pop_front();
    q.bytes -= out.bytes.size();
    --packets_;
    bytes_ -= out.bytes.size();
    return out;
  }

  std::unordered_map<five_tuple, queue> by_client_; // none of them empty
  std::vector<five_tuple> woken_;
  std::size_t packets_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace catchup::turn
