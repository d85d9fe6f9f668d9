#pragma once
// Admission: proof that a client knows the link's secret, without showing it
// (docs/protocol.md §3.1).

#include "base/bytes.hpp"
#include "base/ids.hpp"

#include <optional>
#include <string_view>

namespace catchup::e2ee {

inline constexpr std::size_t nonce_size = 32;
inline constexpr std::size_t public_key_size = 32;
inline constexpr std::size_t signature_size = 64;
/// Larger key packages are refused.
inline constexpr std::size_t max_key_package = 8192;

/// What a client sent in `admit`, and what the server knows of its connection.
struct admission_request {
  base::const_bytes admission_key, host_key, nonce, member, key_package, signature;
  /// As in the `Origin` header.
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

/// What the admission signature covers. Every piece must be below 64 KiB.
base::buffer admission_transcript(const admission_request& r);

/// Empty when the request is good. Whether the nonce is fresh and the member id
/// free is the caller's to know.
std::optional<admission_error> check_admission(const admission_request& r);

} // namespace catchup::e2ee
