#include "base/crypto.hpp"

#include <cstdlib>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdexcept>

namespace catchup::base {

namespace {

const unsigned char* data(const_bytes in) {
  return reinterpret_cast<const unsigned char*>(in.data());
}

template <std::size_t N>
std::array<std::byte, N> digest(const EVP_MD* type, const_bytes in) {
  std::array<std::byte, N> out{};
  unsigned size = 0;
  if (EVP_Digest(in.data(), in.size(), reinterpret_cast<unsigned char*>(out.data()), &size, type,
                 nullptr) != 1 ||
      size != N)
    throw std::runtime_error("digest failed");
  return out;
}

template <std::size_t N>
std::array<std::byte, N> hmac(const EVP_MD* type, const_bytes key, const_bytes in) {
  std::array<std::byte, N> out{};
  unsigned size = 0;
  static constexpr unsigned char empty = 0;
  const auto* key_data = key.empty() ? &empty : data(key);
  if (HMAC(type, key_data, static_cast<int>(key.size()), data(in), in.size(),
           reinterpret_cast<unsigned char*>(out.data()), &size) == nullptr ||
      size != N)
    throw std::runtime_error("hmac failed");
  return out;
}

} // namespace

sha256_digest sha256(const_bytes in) { return digest<32>(EVP_sha256(), in); }
md5_digest md5(const_bytes in) { return digest<16>(EVP_md5(), in); }
sha256_digest hmac_sha256(const_bytes key, const_bytes in) {
  return hmac<32>(EVP_sha256(), key, in);
}
sha1_digest hmac_sha1(const_bytes key, const_bytes in) { return hmac<20>(EVP_sha1(), key, in); }

buffer hkdf_sha256(const_bytes key, const_bytes salt, const_bytes info, std::size_t size) {
  constexpr std::size_t block = 32;
  if (size > 255 * block)
    throw std::length_error("hkdf output too long");
  static constexpr std::array<std::byte, block> zero_salt{};
  auto prk = hmac_sha256(salt.empty() ? const_bytes{zero_salt} : salt, key);
  buffer out;
  out.reserve(size + block);
  buffer input;
  for (std::uint8_t i = 1; out.size() < size; ++i) {
    input.assign(out.empty() ? out.end() : out.end() - block, out.end());
    input.insert(input.end(), info.begin(), info.end());
    input.push_back(std::byte{i});
    auto next = hmac_sha256(prk, input);
    out.insert(out.end(), next.begin(), next.end());
  }
  out.resize(size);
  return out;
}

std::array<std::byte, 32> derive_secret(std::string_view root, std::string_view purpose) {
  auto out = hkdf_sha256(as_bytes(root), as_bytes("catchup server secret"), as_bytes(purpose), 32);
  std::array<std::byte, 32> secret{};
  std::copy(out.begin(), out.end(), secret.begin());
  return secret;
}

bool equal_constant_time(const_bytes a, const_bytes b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void random_bytes(bytes out) {
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1)
    std::abort();
}

} // namespace catchup::base
