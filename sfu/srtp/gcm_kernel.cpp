#include "sfu/srtp/gcm_kernel.hpp"

#include <srtp2/cipher.h>
#include <srtp2/srtp.h>

#if __has_include(<intel-ipsec-mb.h>) && defined(__x86_64__)
#define CATCHUP_IPSEC_MB 1
#include <intel-ipsec-mb.h>
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// Exported by libsrtp2, but missing in its installed headers.
extern "C" const srtp_cipher_type_t* srtp_crypto_kernel_get_cipher_type(srtp_cipher_type_id_t);

namespace catchup::sfu::srtp {

namespace {

#ifdef CATCHUP_IPSEC_MB

constexpr std::size_t salt_size = 12; // RFC 7714 §8.1
constexpr std::size_t max_tag = 16;

IMB_MGR* manager() {
  static IMB_MGR* const one = [] {
    auto m = alloc_mb_mgr(0);
    IMB_ARCH architecture = IMB_ARCH_NONE;
    if (m)
      init_mb_mgr_auto(m, &architecture);
    return architecture == IMB_ARCH_NONE || architecture == IMB_ARCH_NOAESNI ? nullptr : m;
  }();
  return one;
}

/// libsrtp2 calls set_iv, set_aad (twice for SRTCP), then encrypt and get_tag, or
/// decrypt. The key schedule must be aligned to 64 bytes.
struct alignas(64) context {
  gcm_key_data key;
  gcm_context_data scratch;
  std::array<std::uint8_t, salt_size> iv;
  std::array<std::uint8_t, 512> associated;
  std::array<std::uint8_t, max_tag> tag;
  std::uint32_t associated_size;
  std::uint32_t tag_size;
};

context& of(void* state) { return *static_cast<context*>(state); }

template <int KeySize>
struct kernel {
  static constexpr auto id = KeySize == 16 ? SRTP_AES_GCM_128 : SRTP_AES_GCM_256;
  static const srtp_cipher_type_t type;

  static srtp_err_status_t allocate(srtp_cipher_t** out, int key_size, int tag_size) {
    if (key_size != KeySize + int{salt_size} || (tag_size != 8 && tag_size != 16))
      return srtp_err_status_bad_param;
    auto c = static_cast<srtp_cipher_t*>(std::calloc(1, sizeof(srtp_cipher_t)));
    auto state = std::aligned_alloc(alignof(context), sizeof(context));
    if (!c || !state) {
      std::free(c);
      std::free(state);
      return srtp_err_status_alloc_fail;
    }
    std::memset(state, 0, sizeof(context));
    of(state).tag_size = static_cast<std::uint32_t>(tag_size);
    c->state = state;
    c->key_len = key_size;
    c->algorithm = id;
    c->type = &type;
    *out = c;
    return srtp_err_status_ok;
  }

  static srtp_err_status_t release(srtp_cipher_t* c) {
    explicit_bzero(c->state, sizeof(context));
    std::free(c->state);
    std::free(c);
    return srtp_err_status_ok;
  }

  static srtp_err_status_t set_key(void* state, const std::uint8_t* key) {
    if constexpr (KeySize == 16)
      IMB_AES128_GCM_PRE(manager(), key, &of(state).key);
    else
      IMB_AES256_GCM_PRE(manager(), key, &of(state).key);
    return srtp_err_status_ok;
  }

  static srtp_err_status_t set_associated(void* state, const std::uint8_t* bytes,
                                          std::uint32_t size) {
    auto& c = of(state);
    if (size > c.associated.size() - c.associated_size)
      return srtp_err_status_bad_param;
    std::memcpy(c.associated.data() + c.associated_size, bytes, size);
    c.associated_size += size;
    return srtp_err_status_ok;
  }

  static srtp_err_status_t set_iv(void* state, std::uint8_t* iv, srtp_cipher_direction_t) {
    std::memcpy(of(state).iv.data(), iv, salt_size);
    of(state).associated_size = 0;
    return srtp_err_status_ok;
  }

  static srtp_err_status_t encrypt(void* state, std::uint8_t* bytes, unsigned* size) {
    auto& c = of(state);
    if constexpr (KeySize == 16)
      IMB_AES128_GCM_ENC(manager(), &c.key, &c.scratch, bytes, bytes, *size, c.iv.data(),
                         c.associated.data(), c.associated_size, c.tag.data(), c.tag_size);
    else
      IMB_AES256_GCM_ENC(manager(), &c.key, &c.scratch, bytes, bytes, *size, c.iv.data(),
                         c.associated.data(), c.associated_size, c.tag.data(), c.tag_size);
    return srtp_err_status_ok;
  }

  static srtp_err_status_t decrypt(void* state, std::uint8_t* bytes, unsigned* size) {
    auto& c = of(state);
    if (*size < c.tag_size)
      return srtp_err_status_bad_param;
    unsigned plain = *size - c.tag_size;
    std::array<std::uint8_t, max_tag> got{};
    if constexpr (KeySize == 16)
      IMB_AES128_GCM_DEC(manager(), &c.key, &c.scratch, bytes, bytes, plain, c.iv.data(),
                         c.associated.data(), c.associated_size, got.data(), c.tag_size);
    else
      IMB_AES256_GCM_DEC(manager(), &c.key, &c.scratch, bytes, bytes, plain, c.iv.data(),
                         c.associated.data(), c.associated_size, got.data(), c.tag_size);
    unsigned difference = 0;
    for (std::uint32_t i = 0; i < c.tag_size; ++i)
      difference |= unsigned{bytes[plain + i]} ^ got[i];
    if (difference != 0)
      return srtp_err_status_auth_fail;
    *size = plain;
    return srtp_err_status_ok;
  }

  static srtp_err_status_t get_tag(void* state, std::uint8_t* tag, std::uint32_t* size) {
    auto& c = of(state);
    std::memcpy(tag, c.tag.data(), c.tag_size);
    *size = c.tag_size;
    return srtp_err_status_ok;
  }

  /// Puts this kernel in the library's place, with the vectors of the one before.
  static bool install() {
    auto old = srtp_crypto_kernel_get_cipher_type(id);
    if (!old)
      return false;
    // The library keeps the address.
    static srtp_cipher_type_t tested = type;
    tested.test_data = old->test_data;
    return srtp_replace_cipher_type(&tested, id) == srtp_err_status_ok;
  }
};

template <int KeySize>
const srtp_cipher_type_t kernel<KeySize>::type{allocate,       release, set_key,
                                               set_associated, encrypt, decrypt,
                                               set_iv,         get_tag, "AES-GCM of ipsec-mb",
                                               nullptr,        id};

bool install() { return manager() && kernel<16>::install() && kernel<32>::install(); }

#else

bool install() { return false; }

#endif

} // namespace

std::string_view start_library() {
  static const std::string_view kernel = [] {
    srtp_init();
    return install() ? std::string_view{"ipsec-mb"} : std::string_view{"library"};
  }();
  return kernel;
}

} // namespace catchup::sfu::srtp
