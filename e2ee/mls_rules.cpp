#include "e2ee/mls_rules.hpp"

#include "e2ee/transcript.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace catchup::e2ee {

namespace {

template <class List, class T>
bool contains(const List& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

constexpr std::size_t signature_size = 64;

std::size_t hash_size(std::uint16_t suite) { return suite == mls_suite_x25519 ? 32 : 64; }

bool is_ours(const mls_psk& psk, const mls_room& room) {
  transcript id{"RV1"};
  id.raw(room.tag.view());
  return psk.external && base::equal(psk.id, id.bytes()) &&
         psk.nonce.size() == hash_size(room.suite);
}

// Group, epoch, sender, and a path exactly where one belongs.
std::optional<mls_refusal> check_frame(const mls_commit& commit, const mls_expectation& now) {
  if (!base::equal(commit.group_id, now.group_id))
    return mls_refusal::group;
  if (commit.epoch != now.epoch)
    return mls_refusal::epoch;
  if (commit.sender != mls_sender::member || now.leaves->at(commit.sender_leaf) != now.sender)
    return mls_refusal::sender;
  auto tag_size = hash_size(now.room.suite);
  if (commit.signature.size() != signature_size || commit.confirmation_tag.size() != tag_size ||
      commit.membership_tag.size() != tag_size)
    return mls_refusal::proof;
  auto changes = commit.adds.size() + commit.removes.size();
  if (commit.others > 0 || !commit.authenticated_data.empty())
    return mls_refusal::proposal;
  if (commit.psks.size() != (changes > 0 ? 1 : 0) ||
      !std::all_of(commit.psks.begin(), commit.psks.end(),
                   [&](const auto& psk) { return is_ours(psk, now.room); }))
    return mls_refusal::psk;
  bool wants_path = !commit.removes.empty() || changes == 0;
  if (commit.path_leaf.has_value() != wants_path)
    return mls_refusal::path;
  if (wants_path &&
      (mls_member(*commit.path_leaf) != now.sender ||
       !verify_mls_path_leaf(*commit.path_leaf, now.room, commit.group_id, commit.sender_leaf)))
    return mls_refusal::path;
  return std::nullopt;
}

std::optional<mls_refusal> check_removes(const mls_commit& commit, const mls_expectation& now) {
  std::set<std::uint32_t> seen;
  for (auto leaf : commit.removes)
    if (leaf == commit.sender_leaf || !now.leaves->at(leaf) || !contains(now.leaving, leaf) ||
        !seen.insert(leaf).second)
      return mls_refusal::remove;
  return std::nullopt;
}

std::optional<mls_refusal> check_adds(const mls_commit& commit, const mls_welcome* welcome,
                                      const mls_expectation& now) {
  std::unordered_set<base::member_id> added;
  std::vector<base::buffer> refs;
  for (const auto& add : commit.adds) {
    auto ref = mls_key_package_ref(add);
    auto member = mls_member(add.leaf);
    if (add.suite != now.room.suite || !member || !contains(now.offered, ref))
      return mls_refusal::add;
    auto leaf = now.leaves->of(*member);
    if ((leaf && !contains(commit.removes, *leaf)) || !added.insert(*member).second)
      return mls_refusal::add;
    refs.push_back(std::move(ref));
  }
  if (now.leaves->size() - commit.removes.size() + added.size() > max_mls_members)
    return mls_refusal::full;
  if ((welcome != nullptr) != !refs.empty())
    return mls_refusal::welcome;
  if (welcome == nullptr)
    return std::nullopt;
  bool same = welcome->suite == now.room.suite && welcome->refs.size() == refs.size() &&
              std::all_of(refs.begin(), refs.end(), [&](const auto& ref) {
                return std::any_of(welcome->refs.begin(), welcome->refs.end(),
                                   [&](auto to) { return base::equal(to, ref); });
              });
  return same ? std::nullopt : std::optional{mls_refusal::welcome};
}

} // namespace

std::optional<base::member_id> mls_leaves::at(std::uint32_t leaf) const {
  auto i = leaves_.find(leaf);
  return i == leaves_.end() ? std::nullopt : std::optional{i->second};
}

std::optional<std::uint32_t> mls_leaves::of(const base::member_id& member) const {
  for (const auto& [leaf, id] : leaves_)
    if (id == member)
      return leaf;
  return std::nullopt;
}

void mls_leaves::apply(std::span<const std::uint32_t> removes,
                       std::span<const base::member_id> adds) {
  for (auto leaf : removes)
    leaves_.erase(leaf);
  std::uint32_t leaf = 0;
  for (const auto& member : adds) {
    while (leaves_.contains(leaf))
      ++leaf;
    leaves_.emplace(leaf, member);
  }
}

std::optional<mls_refusal> check_mls_commit(const mls_commit& commit, const mls_welcome* welcome,
                                            const mls_expectation& now) {
  if (auto refusal = check_frame(commit, now))
    return refusal;
  if (auto refusal = check_removes(commit, now))
    return refusal;
  return check_adds(commit, welcome, now);
}

std::vector<base::member_id> mls_added(const mls_commit& commit) {
  std::vector<base::member_id> out;
  for (const auto& add : commit.adds)
    if (auto member = mls_member(add.leaf))
      out.push_back(*member);
  return out;
}

} // namespace catchup::e2ee
