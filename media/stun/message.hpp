#pragma once
// STUN messages (RFC 8489 §5, §14) as views. Parsing copies nothing: a
// `message` and everything it returns live no longer than the datagram.

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace catchup::media::stun {

inline constexpr std::size_t header_size = 20;
inline constexpr std::uint32_t magic_cookie = 0x2112a442;

using transaction_id = std::array<std::byte, 12>;

enum class method : std::uint16_t {
  binding = 0x001,
  allocate = 0x003,
  refresh = 0x004,
  send = 0x006,
  data = 0x007,
  create_permission = 0x008,
  channel_bind = 0x009,
};

enum class message_class : std::uint8_t { request, indication, success, error };

enum class attribute : std::uint16_t {
  mapped_address = 0x0001,
  username = 0x0006,
  message_integrity = 0x0008,
  error_code = 0x0009,
  unknown_attributes = 0x000a,
  channel_number = 0x000c,
  lifetime = 0x000d,
  xor_peer_address = 0x0012,
  data = 0x0013,
  realm = 0x0014,
  nonce = 0x0015,
  xor_relayed_address = 0x0016,
  requested_address_family = 0x0017,
  even_port = 0x0018,
  requested_transport = 0x0019,
  dont_fragment = 0x001a,
  message_integrity_sha256 = 0x001c,
  password_algorithm = 0x001d,
  userhash = 0x001e,
  xor_mapped_address = 0x0020,
  reservation_token = 0x0022,
  priority = 0x0024,
  use_candidate = 0x0025,
  additional_address_family = 0x8000,
  address_error_code = 0x8001,
  password_algorithms = 0x8002,
  software = 0x8022,
  fingerprint = 0x8028,
  ice_controlled = 0x8029,
  ice_controlling = 0x802a,
};

/// Whether a receiver that does not know the attribute must refuse the message.
constexpr bool comprehension_required(attribute type) noexcept {
  return static_cast<std::uint16_t>(type) < 0x8000;
}

/// Which hash seals a message: MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256.
enum class integrity : std::uint8_t { sha1, sha256 };

constexpr std::size_t padded(std::size_t size) noexcept { return (size + 3) & ~std::size_t{3}; }

enum class parse_error : std::uint8_t {
  too_short,
  not_stun,
  bad_length,
  bad_attribute,
  bad_fingerprint,
};

class message {
public:
  /// Checks the header, the frame of every attribute and, when there is one,
  /// that FINGERPRINT is last and right (§14.7). `datagram` must outlive the result.
  static base::result<message, parse_error> parse(base::const_bytes datagram) noexcept;
  /// A temporary does not outlive the result.
  static base::result<message, parse_error> parse(base::buffer&& datagram) = delete;

  stun::method method() const noexcept { return method_; }
  message_class cls() const noexcept { return class_; }
  transaction_id transaction() const noexcept;
  base::const_bytes whole() const noexcept { return whole_; }
  bool has_fingerprint() const noexcept { return fingerprint_; }

  /// The first attribute of that type (§14). What comes after MESSAGE-INTEGRITY
  /// does not count, except MESSAGE-INTEGRITY-SHA256, after which only FINGERPRINT
  /// does (§14.5, §14.6).
  std::optional<base::const_bytes> find(attribute type) const noexcept;

  std::optional<std::uint32_t> find_u32(attribute type) const noexcept;

  /// Calls `visit(attribute, value)` for every attribute that counts.
  template <class F>
  void each(F visit) const {
    base::reader in{whole_.subspan(header_size)};
    bool sealed = false;
    bool sealed_sha256 = false;
    while (in.left() > 0) {
      auto type = attribute{in.u16()};
      auto size = in.u16();
      auto value = in.raw(padded(size)).first(size);
      if (!sealed || type == attribute::fingerprint ||
          (!sealed_sha256 && type == attribute::message_integrity_sha256))
        visit(type, value);
      sealed_sha256 = sealed_sha256 || type == attribute::message_integrity_sha256;
      sealed = sealed || sealed_sha256 || type == attribute::message_integrity;
    }
  }

  /// The integrity attribute of the message, valid or not; the stronger one of two.
  std::optional<stun::integrity> sealed_by() const noexcept;

  /// Whether that seal is there and was made with `key`. Compares in constant
  /// time. Messages of more than 2048 bytes are never right.
  bool integrity_ok(base::const_bytes key) const;

private:
  message() = default;

  base::const_bytes whole_;
  stun::method method_{};
  message_class class_{};
  bool fingerprint_ = false;
};

/// XOR-*-ADDRESS (§14.2): nothing when the family or the length is wrong.
std::optional<base::endpoint> read_xor_address(base::const_bytes value,
                                               const transaction_id& transaction) noexcept;

/// ERROR-CODE (§14.8) as a number from 300 to 699.
std::optional<int> read_error_code(base::const_bytes value) noexcept;

/// The value FINGERPRINT carries for the bytes before it (§14.7).
std::uint32_t fingerprint_of(base::const_bytes before) noexcept;

} // namespace catchup::media::stun
