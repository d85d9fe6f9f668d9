#include "http/connection_quota.hpp"

#include <utility>

namespace catchup::http {

connection_quota::slot::slot(slot&& other) noexcept { *this = std::move(other); }

connection_quota::slot& connection_quota::slot::operator=(slot&& other) noexcept {
  if (this != &other) {
    release();
    owner_ = std::exchange(other.owner_, nullptr);
    source_ = std::move(other.source_);
    admitted_ = other.admitted_;
  }
  return *this;
}

void connection_quota::slot::admit() {
  if (owner_ && !std::exchange(admitted_, true))
    owner_->admit(source_);
}

void connection_quota::slot::release() {
  if (auto* owner = std::exchange(owner_, nullptr))
    owner->leave(source_, admitted_);
}

connection_quota::slot connection_quota::enter(std::string source) {
  std::lock_guard lock{mutex_};
  auto& c = sources_[source];
  if (total_ >= limits_.total || c.all >= limits_.per_source ||
      c.unadmitted >= limits_.unadmitted_per_source) {
    if (c.all == 0)
      sources_.erase(source);
    return {};
  }
  ++total_;
  ++c.all;
  ++c.unadmitted;
  slot out;
  out.owner_ = this;
  out.source_ = std::move(source);
  return out;
}

std::size_t connection_quota::total() const {
  std::lock_guard lock{mutex_};
  return total_;
}

std::size_t connection_quota::of(const std::string& source) const {
  std::lock_guard lock{mutex_};
  auto i = sources_.find(source);
  return i == sources_.end() ? 0 : i->second.all;
}

void connection_quota::admit(const std::string& source) {
  std::lock_guard lock{mutex_};
  if (auto i = sources_.find(source); i != sources_.end())
    --i->second.unadmitted;
}

void connection_quota::leave(const std::string& source, bool admitted) {
  std::lock_guard lock{mutex_};
  auto i = sources_.find(source);
  if (i == sources_.end())
    return;
  --total_;
  if (!admitted)
    --i->second.unadmitted;
  if (--i->second.all == 0)
    sources_.erase(i);
}

} // namespace catchup::http
