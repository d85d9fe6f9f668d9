#include "e2ee/mls/pending.hpp"

#include <algorithm>

namespace catchup::e2ee::mls {

namespace {

template <class List, class T>
bool contains(const List& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Limit of key packages offered in one epoch: twice the size of a full group.
constexpr std::size_t max_offered = 64;

} // namespace

void pending_changes::add(pending_add in) {
  auto i = std::find_if(adds_.begin(), adds_.end(), [&](const auto& a) { return a.who == in.who; });
  if (i == adds_.end())
    adds_.push_back(std::move(in));
  else
    *i = std::move(in);
}

void pending_changes::drop(const base::member_id& who) {
  std::erase_if(adds_, [&](const auto& a) { return a.who == who; });
}

const pending_add* pending_changes::find(const base::member_id& who) const {
  auto i = std::find_if(adds_.begin(), adds_.end(), [&](const auto& a) { return a.who == who; });
  return i == adds_.end() ? nullptr : &*i;
}

std::span<const pending_add> pending_changes::offer(std::size_t most) {
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

bool pending_changes::wanted(const base::buffer& ref) const {
  return std::any_of(adds_.begin(), adds_.end(), [&](const auto& a) { return a.ref == ref; });
}

void pending_changes::done(std::span<const base::buffer> added,
                           std::span<const std::uint32_t> removed) {
  std::erase_if(adds_, [&](const auto& a) { return contains(added, a.ref); });
  for (auto leaf : removed)
    leaving_.erase(leaf);
  offered_.clear();
  named_.clear();
}

void pending_changes::new_group() {
  leaving_.clear();
  offered_.clear();
  named_.clear();
}

} // namespace catchup::e2ee::mls
