#include "e2ee/link_keys.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "e2ee/transcript.hpp"

#include <cstdlib>
#include <sodium.h>

namespace catchup::e2ee {

namespace {

constexpr std::string_view version = "1.";

template <std::size_t N>
std::array<std::byte, N> to_array(base::const_bytes in) {
  std::array<std::byte, N> out{};
  std::copy_n(in.begin(), N, out.begin());
  return out;
}

// HKDF-Expand (RFC 5869 §2.3) to exactly one block.
key256 expand(const key256& prk, std::string_view label) {
  return base::hmac_sha256(prk, transcript{label}.u8(1).u8(1).bytes());
}

struct key_pair {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> pk{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> sk{};
};

key_pair pair_of(const key256& seed) {
  key_pair out;
  const auto* from = reinterpret_cast<const unsigned char*>(seed.data());
  if (crypto_sign_seed_keypair(out.pk.data(), out.sk.data(), from) != 0)
    std::abort();
  return out;
}

} // namespace

std::optional<link_secret> parse_fragment(std::string_view fragment) {
  if (!fragment.starts_with(version))
    return std::nullopt;
  auto bytes = base::from_base64url(fragment.substr(version.size()));
  if (!bytes || bytes->size() != link_secret{}.size())
    return std::nullopt;
  return to_array<24>(*bytes);
}

std::string format_fragment(const link_secret& secret) {
  return std::string{version} + base::to_base64url(secret);
}

link_keys derive_link_keys(const link_secret& secret) {
  link_keys out;
  // HKDF-Extract (RFC 5869 §2.2).
  out.prk = base::hmac_sha256(base::as_bytes("RV1 room e2ee"), secret);
  out.admission_seed = expand(out.prk, "RV1 admission ed25519");
  auto pair = pair_of(out.admission_seed);
  out.admission_public = to_array<32>(std::as_bytes(std::span{pair.pk}));
  out.lobby_key = expand(out.prk, "RV1 lobby aead");
  out.signal_key = expand(out.prk, "RV1 interim signal");
  out.media_root = expand(out.prk, "RV1 interim media");
  return out;
}

signature sign_admission(const key256& admission_seed, const admission_request& r) {
  auto covered = admission_transcript(r);
  auto pair = pair_of(admission_seed);
  std::array<unsigned char, crypto_sign_BYTES> out{};
  const auto* text = reinterpret_cast<const unsigned char*>(covered.data());
  if (crypto_sign_detached(out.data(), nullptr, text, covered.size(), pair.sk.data()) != 0)
    std::abort();
  return to_array<signature_size>(std::as_bytes(std::span{out}));
}

base::buffer make_key_package(const join_nonce& nonce) {
  return transcript{""}.u8(0).raw(nonce).bytes();
}

std::optional<join_nonce> parse_key_package(base::const_bytes in) {
  if (in.size() != 1 + join_nonce{}.size() || in[0] != std::byte{0})
    return std::nullopt;
  return to_array<32>(in.subspan(1));
}

key128 interim_sender_key(const key256& media_root, const join_nonce& nonce,
                          const base::member_id& member) {
  transcript info{"RV1 interim sender key"};
  info.raw(member.view());
  return to_array<16>(base::hkdf_sha256(media_root, nonce, info.bytes(), key128{}.size()));
}

std::uint8_t interim_leaf(const base::member_id& member, const join_nonce& nonce) {
  auto hash = base::sha256(transcript{""}.raw(member.view()).raw(nonce).bytes());
  return std::to_integer<std::uint8_t>(hash[0]) & 63;
}

} // namespace catchup::e2ee
