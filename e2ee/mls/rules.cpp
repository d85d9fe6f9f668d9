#include "e2ee/mls/rules.hpp"

#include "e2ee/transcript.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace catchup::e2ee::mls {

namespace {

template <class List, class T>
bool contains(const List& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

constexpr std::size_t signature_size = 64;

std::size_t hash_size(std::uint16_t suite) { return suite == suite_x25519 ? 32 : 64; }

bool is_ours(const psk_proposal& psk, const room_parameters& room) {
  transcript id{"RV1"};
  id.raw(room.tag.view());
  return psk.external && base::equal(psk.id, id.bytes()) &&
         psk.nonce.size() == hash_size(room.suite);
}

// Group, epoch, sender, and a path exactly where one belongs.
base::result<void, commit_fault> check_frame(const commit_message& commit, const expectation& now) {
  if (!base::equal(commit.group_id, now.group_id))
    return base::failure{commit_fault::group};
  if (commit.epoch != now.epoch)
    return base::failure{commit_fault::epoch};
  if (commit.sender != sender_type::member || now.leaves->at(commit.sender_leaf) != now.sender)
    return base::failure{commit_fault::sender};
  auto tag_size = hash_size(now.room.suite);
  if (commit.signature.size() != signature_size || commit.confirmation_tag.size() != tag_size ||
      commit.membership_tag.size() != tag_size)
    return base::failure{commit_fault::proof};
  auto changes = commit.adds.size() + commit.removes.size();
  if (commit.others > 0 || !commit.authenticated_data.empty())
    return base::failure{commit_fault::proposal};
  if (commit.psks.size() != (changes > 0 ? 1 : 0) ||
      !std::all_of(commit.psks.begin(), commit.psks.end(),
                   [&](const auto& psk) { return is_ours(psk, now.room); }))
    return base::failure{commit_fault::psk};
  bool wants_path = !commit.removes.empty() || changes == 0;
  if (commit.path_leaf.has_value() != wants_path)
    return base::failure{commit_fault::path};
  if (wants_path &&
      (member_of(*commit.path_leaf) != now.sender ||
       !verify_path_leaf(*commit.path_leaf, now.room, commit.group_id, commit.sender_leaf)))
    return base::failure{commit_fault::path};
  return {};
}

base::result<void, commit_fault> check_removes(const commit_message& commit,
                                               const expectation& now) {
  std::set<std::uint32_t> seen;
  for (auto leaf : commit.removes)
    if (leaf == commit.sender_leaf || !now.leaves->at(leaf) || !contains(now.leaving, leaf) ||
        !seen.insert(leaf).second)
      return base::failure{commit_fault::remove};
  return {};
}

base::result<void, commit_fault>
check_adds(const commit_message& commit, const welcome_message* welcome, const expectation& now) {
  std::unordered_set<base::member_id> added;
  std::vector<base::buffer> refs;
  for (const auto& add : commit.adds) {
    auto ref = key_package_ref(add);
    auto member = member_of(add.leaf);
    if (add.suite != now.room.suite || !member || !contains(now.offered, ref))
      return base::failure{commit_fault::add};
    auto leaf = now.leaves->of(*member);
    if ((leaf && !contains(commit.removes, *leaf)) || !added.insert(*member).second)
      return base::failure{commit_fault::add};
    refs.push_back(std::move(ref));
  }
  if (now.leaves->size() - commit.removes.size() + added.size() > max_members)
    return base::failure{commit_fault::full};
  if ((welcome != nullptr) != !refs.empty())
    return base::failure{commit_fault::welcome};
  if (welcome == nullptr)
    return {};
  bool same = welcome->suite == now.room.suite && welcome->refs.size() == refs.size() &&
              std::all_of(refs.begin(), refs.end(), [&](const auto& ref) {
                return std::any_of(welcome->refs.begin(), welcome->refs.end(),
                                   [&](auto to) { return base::equal(to, ref); });
              });
  if (!same)
    return base::failure{commit_fault::welcome};
  return {};
}

} // namespace

std::optional<base::member_id> leaf_map::at(std::uint32_t leaf) const {
  auto i = leaves_.find(leaf);
  return i == leaves_.end() ? std::nullopt : std::optional{i->second};
}

std::optional<std::uint32_t> leaf_map::of(const base::member_id& member) const {
  for (const auto& [leaf, id] : leaves_)
    if (id == member)
      return leaf;
  return std::nullopt;
}

void leaf_map::apply(std::span<const std::uint32_t> removes,
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

base::result<void, commit_fault>
check_commit(const commit_message& commit, const welcome_message* welcome, const expectation& now) {
  if (auto frame = check_frame(commit, now); !frame)
    return frame;
  if (auto removes = check_removes(commit, now); !removes)
    return removes;
  return check_adds(commit, welcome, now);
}

std::vector<base::member_id> added_members(const commit_message& commit) {
  std::vector<base::member_id> out;
  for (const auto& add : commit.adds)
    if (auto member = member_of(add.leaf))
      out.push_back(*member);
  return out;
}

} // namespace catchup::e2ee::mls
