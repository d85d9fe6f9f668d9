#include "e2ee/mls_pending.hpp"

#include <algorithm>

namespace catchup::e2ee {

namespace {

template <class List, class T>
bool contains(const List& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Of key packages offered in one epoch: all that a group can have, twice.
constexpr std::size_t max_offered = 64;

} // namespace

void mls_pending::add(mls_pending_add in) {
  auto i = std::find_if(adds_.begin(), adds_.end(), [&](const auto& a) { return a.who == in.who; });
  if (i == adds_.end())
    adds_.push_back(std::move(in));
  else
    *i = std::move(in);
}

void mls_pending::drop(const base::member_id& who) {
  std::erase_if(adds_, [&](const auto& a) { return a.who == who; });
}

const mls_pending_add* mls_pending::find(const base::member_id& who) const {
  auto i = std::find_if(adds_.begin(), adds_.end(), [&](const auto& a) { return a.who == who; });
  return i == adds_.end() ? nullptr : &*i;
}

std::span<const mls_pending_add> mls_pending::offer(std::size_t most) {
  auto out = std::span{adds_}.first(std::min(most, adds_.size()));
  for (const auto& a : out)
    if (!contains(offered_, a.ref)) {
      if (offered_.size() == max_offered)
        offered_.erase(offered_.begin());
      offered_.push_back(a.ref);
    }
  named_.assign(leaving_.begin(), leaving_.end());
  return out;
}

bool mls_pending::wanted(const base::buffer& ref) const {
  return std::any_of(adds_.begin(), adds_.end(), [&](const auto& a) { return a.ref == ref; });
}

void mls_pending::done(std::span<const base::buffer> added,
                       std::span<const std::uint32_t> removed) {
  std::erase_if(adds_, [&](const auto& a) { return contains(added, a.ref); });
  for (auto leaf : removed)
    leaving_.erase(leaf);
  offered_.clear();
  named_.clear();
}

void mls_pending::new_group() {
  leaving_.clear();
  offered_.clear();
  named_.clear();
}

} // namespace catchup::e2ee
