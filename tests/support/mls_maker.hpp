#pragma once
// Key packages, commits and Welcomes as members of a room make them. What only
// members can check (key schedule, tags, ciphertexts) is filled with anything.

#include "base/crypto.hpp"
#include "e2ee/mls/rules.hpp"
#include "e2ee/room_id.hpp"
#include "e2ee/transcript.hpp"

#include <array>
#include <sodium.h>

namespace catchup::test {

struct sign_keys {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> pk{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> sk{};

  using seed_bytes = std::array<unsigned char, crypto_sign_SEEDBYTES>;

  explicit sign_keys(const seed_bytes& seed) {
    crypto_sign_seed_keypair(pk.data(), sk.data(), seed.data());
  }
  explicit sign_keys(std::uint64_t seed) : sign_keys(spread(seed)) {}
  base::const_bytes pub() const { return std::as_bytes(std::span{pk}); }
  base::buffer sign(base::const_bytes in) const {
    base::buffer out(crypto_sign_BYTES);
    crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr,
                         reinterpret_cast<const unsigned char*>(in.data()), in.size(), sk.data());
    return out;
  }

private:
  static seed_bytes spread(std::uint64_t seed) {
    seed_bytes out{};
    std::memcpy(out.data(), &seed, sizeof seed);
    return out;
  }
};

/// Appends what MLS messages are made of.
struct mls_writer {
  base::buffer out;

  mls_writer& raw(base::const_bytes in) {
    out.insert(out.end(), in.begin(), in.end());
    return *this;
  }
  mls_writer& num(std::uint64_t v, int size) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
      out.push_back(static_cast<std::byte>(v >> shift & 0xff));
    return *this;
  }
  mls_writer& vec(base::const_bytes in) {
    e2ee::mls::append_vector(out, in);
    return *this;
  }
  mls_writer& filler(std::size_t size) { return vec(base::buffer(size, std::byte{0x5a})); }
};

/// One link, and what follows from it.
struct mls_link {
  sign_keys admission;
  base::room_tag tag;
  std::uint16_t suite;

  explicit mls_link(const sign_keys& keys, std::uint16_t s = e2ee::mls::suite_x25519)
    : admission(keys), tag(e2ee::make_room_tag(admission.pub(), {}, {})), suite(s) {}
  explicit mls_link(std::uint64_t seed, std::uint16_t s = e2ee::mls::suite_x25519)
    : mls_link(sign_keys{seed}, s) {}

  e2ee::mls::room_parameters room() const { return {tag, admission.pub(), suite}; }
  std::size_t key_size() const { return suite == e2ee::mls::suite_x25519 ? 32 : 1216; }
  std::size_t hash_size() const { return suite == e2ee::mls::suite_x25519 ? 32 : 64; }

  base::buffer group_id(std::uint64_t nonce) const {
    return mls_writer{}.raw(base::as_bytes("RV1")).raw(tag.view()).num(0, 8).num(nonce, 8).out;
  }
};

struct mls_commit_options {
  std::vector<base::buffer> adds; ///< key packages as messages
  std::vector<std::uint32_t> removes;
  std::optional<bool> path; ///< as it belongs, unless told
  int psks = -1;            ///< as it belongs, unless told
  std::uint8_t sender_type = 1;
};

/// A member: its identity, and what it signs.
class mls_maker {
public:
  mls_maker(const mls_link& link, const base::member_id& id, std::uint64_t seed)
    : link_(&link), id_(id), keys_(seed) {}

  const base::member_id& id() const { return id_; }

  /// Its clock, in seconds since 1970.
  mls_maker& clock(std::uint64_t now) {
    valid_from_ = now - 12 * 3600;
    return *this;
  }

  /// Another one at each call.
  base::buffer key_package() {
    ++made_;
    mls_writer body;
    body.num(1, 2).num(link_->suite, 2).vec(key(2 * made_)).raw(leaf(1, {})).vec({});
    auto signature = signed_as("MLS 1.0 KeyPackageTBS", body.out);
    return mls_writer{}.num(1, 2).num(5, 2).raw(body.out).vec(signature).out;
  }

  base::buffer commit(base::const_bytes group_id, std::uint64_t epoch, std::uint32_t own_leaf,
                      const mls_commit_options& o) {
    ++made_;
    mls_writer proposals;
    for (const auto& kp : o.adds)
      proposals.num(1, 1).num(1, 2).raw(base::const_bytes{kp}.subspan(4));
    for (auto gone : o.removes)
      proposals.num(1, 1).num(3, 2).num(gone, 4);
    auto psks = o.psks >= 0 ? o.psks : (o.adds.size() + o.removes.size() > 0 ? 1 : 0);
    auto psk_id = mls_writer{}.raw(base::as_bytes("RV1")).raw(link_->tag.view()).out;
    for (int i = 0; i < psks; ++i)
      proposals.num(1, 1).num(4, 2).num(1, 1).vec(psk_id).filler(link_->hash_size());
    mls_writer out;
    out.num(1, 2).num(1, 2).vec(group_id).num(epoch, 8).num(o.sender_type, 1);
    out.num(own_leaf, 4).vec({}).num(3, 1).vec(proposals.out);
    if (o.path.value_or(!o.removes.empty() || o.adds.empty())) {
      auto extra = mls_writer{}.vec(group_id).num(own_leaf, 4).out;
      out.num(1, 1).raw(leaf(3, extra)).vec({});
    } else {
      out.num(0, 1);
    }
    return out.filler(64).filler(link_->hash_size()).filler(link_->hash_size()).out;
  }

  /// For these key packages; `info` is what only they can read.
  base::buffer welcome(const std::vector<base::buffer>& key_packages,
                       base::const_bytes info) const {
    mls_writer secrets;
    for (const auto& kp : key_packages)
      secrets.vec(e2ee::mls::key_package_ref(*e2ee::mls::parse_key_package(kp)))
          .filler(32)
          .filler(48);
    return mls_writer{}.num(1, 2).num(3, 2).num(link_->suite, 2).vec(secrets.out).vec(info).out;
  }

private:
  base::buffer key(std::uint64_t n) const {
    auto hash = base::sha256(mls_writer{}.raw(id_.view()).num(n, 8).out);
    base::buffer out(link_->key_size());
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = hash[i % hash.size()];
    return out;
  }

  base::buffer signed_as(std::string_view label, base::const_bytes content) const {
    return keys_.sign(mls_writer{}.vec(base::as_bytes(label)).vec(content).out);
  }

  base::buffer leaf(std::uint8_t source, base::const_bytes extra) const {
    e2ee::transcript covered{"RV1 leaf"};
    covered.lp(link_->tag.view()).lp(id_.view()).lp(base::sha256(keys_.pub()));
    auto identity =
        mls_writer{}.num(1, 1).raw(id_.view()).raw(link_->admission.sign(covered.bytes())).out;
    mls_writer body;
    body.vec(key(2 * made_ + 1)).vec(keys_.pub()).num(1, 2).vec(identity);
    for (std::uint64_t number : {std::uint64_t{1}, std::uint64_t{link_->suite},
                                 std::uint64_t{0xf0a1}, std::uint64_t{0}, std::uint64_t{1}})
      body.vec(number == 0 ? base::buffer{} : mls_writer{}.num(number, 2).out);
    body.num(source, 1);
    if (source == 1)
      body.num(valid_from_, 8).num(valid_from_ + 24 * 3600, 8);
    else
      body.vec({});
    body.vec({});
    auto content = mls_writer{}.raw(body.out).raw(extra).out;
    return body.vec(signed_as("MLS 1.0 LeafNodeTBS", content)).out;
  }

  const mls_link* link_;
  base::member_id id_;
  sign_keys keys_;
  std::uint64_t made_ = 0;
  std::uint64_t valid_from_ = 1000;
};

} // namespace catchup::test
