#include "e2ee/mls/log.hpp"

#include "base/crypto.hpp"
#include "e2ee/transcript.hpp"

namespace catchup::e2ee::mls {

log_hash next_hash(const log_hash& before, std::uint64_t seq, base::const_bytes commit) {
  transcript covered{""};
  covered.raw(before).u64(seq).raw(commit);
  return base::sha256(covered.bytes());
}

commit_log::commit_log(limits l, std::uint64_t seq, const log_hash& hash)
  : limits_(l), base_(seq), base_hash_(hash) {}

const from_delivery::committed& commit_log::append(std::uint64_t epoch, shared_bytes commit) {
  auto seq = last() + 1;
  auto hash = next_hash(last_hash(), seq, *commit);
  bytes_ += commit->size();
  entries_.push_back({seq, epoch, std::move(commit), hash});
  while (entries_.size() > limits_.commits || (bytes_ > limits_.bytes && entries_.size() > 1)) {
    base_ = entries_.front().seq;
    base_hash_ = entries_.front().hash;
    bytes_ -= entries_.front().commit->size();
    entries_.pop_front();
  }
  return entries_.back();
}

std::optional<log_hash> commit_log::hash(std::uint64_t seq) const {
  if (seq < base_ || seq > last())
    return std::nullopt;
  return seq == base_ ? base_hash_ : entries_[seq - base_ - 1].hash;
}

std::vector<from_delivery::committed> commit_log::after(std::uint64_t seq, limits most) const {
  std::vector<from_delivery::committed> out;
  std::size_t size = 0;
  for (auto i = seq - base_; i < entries_.size() && out.size() < most.commits; ++i) {
    size += entries_[i].commit->size();
    if (size > most.bytes && !out.empty())
      break;
    out.push_back(entries_[i]);
  }
  return out;
}

} // namespace catchup::e2ee::mls
