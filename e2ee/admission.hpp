#pragma once
// Admission: proof that a client knows the link's secret, without showing it
// (docs/protocol.md §3.1).

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <string_view>

namespace catchup::e2ee {

inline constexpr std::size_t nonce_size = 32;
inline constexpr std::size_t public_key_size = 32;
inline constexpr std::size_t signature_size = 64;
/// Larger key packages are refused.
inline constexpr std::size_t max_key_package = 8192;

/// The fields of `admit`, and the properties of the connection that it came on.
struct admission_request {
  base::const_bytes admission_key, host_key, nonce, member, key_package, signature;
  /// Value of the `Origin` header.
  std::string_view origin;
  /// The room id as text, as in `hello`.
  std::string_view room_text;
  /// The tag of that room id.
  base::room_tag tag;
};

enum class admission_error {
  bad_field,     ///< a field has a wrong length
  wrong_room,    ///< the keys are not this room's
  bad_signature, ///< not signed with the room's admission key
};

/// Bytes that the admission signature covers. Every piece must be below 64 KiB.
base::buffer admission_transcript(const admission_request& r);

/// Checks lengths, the room and the signature. The caller checks that the nonce
/// is fresh and that no other member has the member id.
base::result<void, admission_error> check_admission(const admission_request& r);

} // namespace catchup::e2ee
