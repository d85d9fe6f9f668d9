#pragma once
// Writes one STUN message into the caller's memory, attribute by attribute.

#include "media/stun/message.hpp"

#include <span>

namespace catchup::media::stun {

/// An attribute that does not fit makes `finish()` empty. Padding is always zero.
class message_writer {
public:
  message_writer(base::bytes out, message_class cls, method m,
                 const transaction_id& transaction) noexcept;

  void add(attribute type, base::const_bytes value) noexcept;
  void add_text(attribute type, std::string_view value) noexcept;
  void add_u32(attribute type, std::uint32_t value) noexcept;
  /// XOR-MAPPED-, XOR-PEER- or XOR-RELAYED-ADDRESS (§14.2).
  void add_xor_address(attribute type, const base::endpoint& value) noexcept;
  /// ERROR-CODE without a reason phrase: a short answer amplifies nothing.
  void add_error_code(int code) noexcept;
  void add_unknown_attributes(std::span<const attribute> types) noexcept;
  /// ADDRESS-ERROR-CODE (RFC 8656 §18.13): why there is no address of the family.
  void add_address_error(std::uint8_t family, int code) noexcept;
  /// Seals everything so far; only FINGERPRINT may follow.
  void add_integrity(base::const_bytes key, integrity kind = integrity::sha1);
  void add_fingerprint() noexcept;

  /// The bytes before a value of `size` that the caller appends himself,
  /// followed by zeros up to a multiple of four. Nothing may follow.
  std::optional<base::const_bytes> finish_before(attribute type, std::size_t size) noexcept;

  std::optional<base::const_bytes> finish() noexcept;

private:
  void patch_length(std::size_t body) noexcept;

  base::bytes out_;
  base::writer writer_;
  transaction_id transaction_;
};

} // namespace catchup::media::stun
