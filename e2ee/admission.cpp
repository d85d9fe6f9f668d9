#include "e2ee/admission.hpp"

#include "base/crypto.hpp"
#include "e2ee/room_id.hpp"
#include "e2ee/transcript.hpp"

#include <cstdlib>
#include <sodium.h>

namespace catchup::e2ee {

namespace {

// An origin must fit a 16-bit length; real ones are far shorter.
constexpr std::size_t max_origin = 512;

const unsigned char* octets(base::const_bytes in) {
  return reinterpret_cast<const unsigned char*>(in.data());
}

bool well_formed(const admission_request& r) {
  return r.admission_key.size() == public_key_size &&
         (r.host_key.empty() || r.host_key.size() == public_key_size) &&
         r.nonce.size() == nonce_size && r.member.size() == base::member_id::size &&
         r.key_package.size() <= max_key_package && r.signature.size() == signature_size &&
         !r.origin.empty() && r.origin.size() <= max_origin && r.room_text.size() == room_id_length;
}

} // namespace

base::buffer admission_transcript(const admission_request& r) {
  transcript covered{"RV1 admit"};
  covered.lp(base::as_bytes(r.origin))
      .lp(base::as_bytes(r.room_text))
      .lp(r.nonce)
      .lp(r.member)
      .lp(base::sha256(r.key_package));
  return covered.bytes();
}

base::result<void, admission_error> check_admission(const admission_request& r) {
  static const bool ready = sodium_init() >= 0;
  if (!ready)
    std::abort(); // no source of randomness: nothing here may go on
  if (!well_formed(r))
    return base::failure{admission_error::bad_field};
  if (make_room_tag(r.admission_key, r.host_key, {}) != r.tag)
    return base::failure{admission_error::wrong_room};
  auto covered = admission_transcript(r);
  if (crypto_sign_verify_detached(octets(r.signature), octets(covered), covered.size(),
                                  octets(r.admission_key)) != 0)
    return base::failure{admission_error::bad_signature};
  return {};
}

} // namespace catchup::e2ee
