#include "e2ee/mls/verify.hpp"

#include "base/crypto.hpp"
#include "e2ee/transcript.hpp"

#include <cstdlib>
#include <sodium.h>

namespace catchup::e2ee::mls {

namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t signature_length = 64;
constexpr std::size_t identity_size = 1 + base::member_id::size + signature_length;
constexpr std::byte identity_kind{1};
constexpr std::uint16_t basic = 1;
constexpr std::uint64_t longest_life = 24 * 3600;
/// An ML-KEM-768 key and an X25519 key.
constexpr std::size_t xwing_key_size = 1184 + 32;

/// MLS 1.0, the suite, extension 0xf0a1, the proposals of the RFC, basic credentials.
/// Clients require the same, so they never refuse a leaf that passes here.
base::buffer capabilities(std::uint16_t suite) {
  base::buffer out;
  auto list = [&](std::initializer_list<unsigned> numbers) {
    out.push_back(static_cast<std::byte>(2 * numbers.size()));
    for (auto n : numbers) {
      out.push_back(static_cast<std::byte>(n >> 8));
      out.push_back(static_cast<std::byte>(n & 0xff));
    }
  };
  list({1});
  list({suite});
  list({0xf0a1});
  list({});
  list({1});
  return out;
}

const unsigned char* octets(base::const_bytes in) {
  return reinterpret_cast<const unsigned char*>(in.data());
}

// libsodium refuses signatures and keys that have more than one spelling.
bool verify(base::const_bytes key, base::const_bytes covered, base::const_bytes signature) {
  static const bool ready = sodium_init() >= 0;
  if (!ready)
    std::abort();
  return key.size() == key_size && signature.size() == signature_length &&
         crypto_sign_verify_detached(octets(signature), octets(covered), covered.size(),
                                     octets(key)) == 0;
}

// VerifyWithLabel of RFC 9420 §5.1.2; `label` with "MLS 1.0 " in front.
bool verify_labelled(base::const_bytes key, std::string_view label, base::const_bytes content,
                     base::const_bytes signature) {
  base::buffer covered;
  append_vector(covered, base::as_bytes(label));
  append_vector(covered, content);
  return verify(key, covered, signature);
}

std::size_t public_key_size(std::uint16_t suite) {
  return suite == suite_x25519 ? key_size : xwing_key_size;
}

// Parameters that leaves of every source share.
bool fits(const leaf_node& leaf, std::uint16_t suite) {
  return leaf.encryption_key.size() == public_key_size(suite) && leaf.extensions.empty() &&
         base::equal(leaf.capabilities, capabilities(suite));
}

bool fits(const key_package& in, std::uint16_t suite) {
  const auto& leaf = in.leaf;
  return in.suite == suite && in.init_key.size() == public_key_size(suite) && fits(leaf, suite) &&
         !base::equal(in.init_key, leaf.encryption_key) && in.extensions.empty() &&
         leaf.source == leaf_source::key_package && leaf.not_after > leaf.not_before &&
         leaf.not_after - leaf.not_before <= longest_life;
}

} // namespace

std::optional<base::member_id> member_of(const leaf_node& leaf) {
  if (leaf.credential_type != basic || leaf.identity.size() != identity_size ||
      leaf.identity.front() != identity_kind)
    return std::nullopt;
  return base::member_id::from(leaf.identity.subspan(1, base::member_id::size));
}

bool verify_credential(const leaf_node& leaf, const room_parameters& room) {
  auto member = member_of(leaf);
  if (!member || leaf.signature_key.size() != key_size)
    return false;
  transcript covered{"RV1 leaf"};
  covered.lp(room.tag.view()).lp(member->view()).lp(base::sha256(leaf.signature_key));
  return verify(room.admission_key, covered.bytes(), leaf.identity.last(signature_length));
}

base::result<void, key_package_fault> verify_key_package(const key_package& in,
                                                         const room_parameters& room) {
  if (!fits(in, room.suite))
    return base::failure{key_package_fault::parameters};
  if (!verify_credential(in.leaf, room))
    return base::failure{key_package_fault::credential};
  const auto& key = in.leaf.signature_key;
  if (!verify_labelled(key, "MLS 1.0 LeafNodeTBS", in.leaf.covered, in.leaf.signature) ||
      !verify_labelled(key, "MLS 1.0 KeyPackageTBS", in.covered, in.signature))
    return base::failure{key_package_fault::signature};
  return {};
}

bool verify_path_leaf(const leaf_node& leaf, const room_parameters& room,
                      base::const_bytes group_id, std::uint32_t leaf_index) {
  if (leaf.source != leaf_source::commit || !fits(leaf, room.suite) ||
      !verify_credential(leaf, room))
    return false;
  auto content = base::to_buffer(leaf.covered);
  append_vector(content, group_id);
  for (int shift = 24; shift >= 0; shift -= 8)
    content.push_back(static_cast<std::byte>(leaf_index >> shift & 0xff));
  return verify_labelled(leaf.signature_key, "MLS 1.0 LeafNodeTBS", content, leaf.signature);
}

} // namespace catchup::e2ee::mls
