#include "turn/pending_requests.hpp"

#include <algorithm>

namespace catchup::turn {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;
// Clients begin to retransmit after 100 to 500 ms.
constexpr auto retry_after = 90ms;

} // namespace

bool pending_requests::admit(base::time_point now, const five_tuple& from,
                             const pending_request& t) {
  auto i = waiting_.find(from);
  if (i != waiting_.end()) {
    for (auto& e : i->second)
      if (e.asked.transaction == t.transaction) {
        if (now - e.handed_on < retry_after)
          return false;
        e.handed_on = now;
        e.asked = t;
        return true;
      }
    if (i->second.size() >= max_per_client)
      return false;
  }
  if (size_ >= limit_)
    return false;
  waiting_[from].push_back({t, ++last_number_, now, now});
  ++size_;
  return true;
}

std::optional<pending_request> pending_requests::take(const five_tuple& from,
                                                      const stun::transaction_id& transaction) {
  auto i = waiting_.find(from);
  if (i == waiting_.end())
    return std::nullopt;
  auto& all = i->second;
  auto e = std::find_if(all.begin(), all.end(),
                        [&](const auto& x) { return x.asked.transaction == transaction; });
  if (e == all.end())
    return std::nullopt;
  auto out = e->asked;
  all.erase(e);
  --size_;
  if (all.empty())
    waiting_.erase(i);
  return out;
}

std::optional<std::uint64_t> pending_requests::newest(const five_tuple& from) const {
  if (size_ == 0)
    return std::nullopt;
  auto i = waiting_.find(from);
  return i != waiting_.end() ? std::optional{i->second.back().number} : std::nullopt;
}

bool pending_requests::any_until(const five_tuple& from, std::uint64_t number) const {
  auto i = waiting_.find(from);
  return i != waiting_.end() && i->second.front().number <= number;
}

void pending_requests::sweep(base::time_point now) {
  for (auto i = waiting_.begin(); i != waiting_.end();) {
    size_ -= std::erase_if(i->second, [&](const auto& e) { return now - e.begun >= patience; });
    i = i->second.empty() ? waiting_.erase(i) : std::next(i);
  }
}

} // namespace catchup::turn
