#include "turn/port_pool.hpp"

#include <algorithm>

namespace catchup::turn {

void port_pool::end_quarantine(base::time_point now) {
  while (!resting_.empty() && resting_.front().until <= now) {
    busy_.reset(resting_.front().index);
    resting_.pop_front();
  }
}

std::optional<std::uint16_t> port_pool::take(base::time_point now, std::uint32_t random,
                                             bool even) {
  end_quarantine(now);
  std::size_t step = even ? 2 : 1;
  auto start = random % relayed_ports / step * step;
  for (std::size_t i = 0; i < relayed_ports; i += step) {
    auto index = (start + i) % relayed_ports;
    if (busy_[index])
      continue;
    busy_.set(index);
    return static_cast<std::uint16_t>(first_relayed_port + index);
  }
  auto i = std::find_if(resting_.begin(), resting_.end(),
                        [&](const auto& r) { return r.index % step == 0; });
  if (i == resting_.end())
    return std::nullopt;
  auto index = i->index;
  resting_.erase(i);
  return static_cast<std::uint16_t>(first_relayed_port + index);
}

std::optional<std::uint16_t> port_pool::take_pair(base::time_point now, std::uint32_t random) {
  end_quarantine(now);
  auto start = random % relayed_ports / 2 * 2;
  for (std::size_t i = 0; i < relayed_ports; i += 2) {
    auto index = (start + i) % relayed_ports;
    if (busy_[index] || busy_[index + 1])
      continue;
    busy_.set(index);
    busy_.set(index + 1);
    return static_cast<std::uint16_t>(first_relayed_port + index);
  }
  return std::nullopt;
}

void port_pool::give_back(base::time_point now, std::uint16_t port) {
  if (port >= first_relayed_port)
    resting_.push_back({std::size_t{port} - first_relayed_port, now + quarantine_});
}

} // namespace catchup::turn
