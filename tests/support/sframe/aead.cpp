#include "tests/support/sframe/aead.hpp"

#include <memory>
#include <openssl/evp.h>
#include <stdexcept>

namespace catchup::e2ee {

namespace {

struct free_context {
  void operator()(EVP_CIPHER_CTX* c) const noexcept { EVP_CIPHER_CTX_free(c); }
};
using context = std::unique_ptr<EVP_CIPHER_CTX, free_context>;

unsigned char* octets(base::bytes in) { return reinterpret_cast<unsigned char*>(in.data()); }
const unsigned char* octets(base::const_bytes in) {
  return reinterpret_cast<const unsigned char*>(in.data());
}

// A context ready for the text, or null when OpenSSL fails. A buffer that does
// not fit an int cannot come from a message or a frame.
context start(base::const_bytes key, base::const_bytes iv, base::const_bytes aad, int encrypt) {
  const auto* cipher = key.size() == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  context c{EVP_CIPHER_CTX_new()};
  int n = 0;
  if (!c || EVP_CipherInit_ex(c.get(), cipher, nullptr, octets(key), octets(iv), encrypt) != 1)
    return nullptr;
  if (!aad.empty() &&
      EVP_CipherUpdate(c.get(), nullptr, &n, octets(aad), static_cast<int>(aad.size())) != 1)
    return nullptr;
  return c;
}

bool update(const context& c, base::const_bytes in, base::bytes out) {
  int n = 0;
  return in.empty() ||
         EVP_CipherUpdate(c.get(), octets(out), &n, octets(in), static_cast<int>(in.size())) == 1;
}

bool sizes_fit(base::const_bytes key, base::const_bytes iv) {
  return (key.size() == 16 || key.size() == 32) && iv.size() == iv_size;
}

} // namespace

base::buffer gcm_seal(base::const_bytes key, base::const_bytes iv, base::const_bytes plaintext,
                      base::const_bytes aad) {
  if (!sizes_fit(key, iv))
    throw std::invalid_argument("a key or iv has the wrong size");
  base::buffer out(plaintext.size() + tag_size);
  auto body = base::bytes{out}.first(plaintext.size());
  auto tag = base::bytes{out}.last(tag_size);
  std::array<unsigned char, 16> none{};
  int n = 0;
  auto c = start(key, iv, aad, 1);
  if (!c || !update(c, plaintext, body) || EVP_CipherFinal_ex(c.get(), none.data(), &n) != 1 ||
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag.data()) != 1)
    throw std::runtime_error("encryption failed");
  return out;
}

std::optional<base::buffer> gcm_open(base::const_bytes key, base::const_bytes iv,
                                     base::const_bytes sealed, base::const_bytes aad) {
  if (!sizes_fit(key, iv) || sealed.size() < tag_size)
    return std::nullopt;
  auto body = sealed.first(sealed.size() - tag_size);
  auto tag = base::to_buffer(sealed.last(tag_size));
  base::buffer out(body.size());
  std::array<unsigned char, 16> none{};
  int n = 0;
  auto c = start(key, iv, aad, 0);
  if (!c || !update(c, body, out) ||
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1 ||
      EVP_CipherFinal_ex(c.get(), none.data(), &n) != 1)
    return std::nullopt;
  return out;
}

} // namespace catchup::e2ee
