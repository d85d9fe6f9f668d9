#include "media/stun/writer.hpp"

#include "base/crypto.hpp"

#include <algorithm>

namespace catchup::media::stun {

namespace {

constexpr std::array<std::byte, 4> zeros{};

std::uint16_t type_field(message_class cls, method m) noexcept {
  auto c = static_cast<unsigned>(cls);
  auto n = static_cast<unsigned>(m);
  return static_cast<std::uint16_t>((n & 0xf80) << 2 | (n & 0x70) << 1 | (n & 0x0f) | (c & 2) << 7 |
                                    (c & 1) << 4);
}

} // namespace

message_writer::message_writer(base::bytes out, message_class cls, method m,
                               const transaction_id& transaction) noexcept
  : out_(out), writer_(out), transaction_(transaction) {
  writer_.u16(type_field(cls, m));
  writer_.u16(0);
  writer_.u32(magic_cookie);
  writer_.raw(transaction_);
}

void message_writer::add(attribute type, base::const_bytes value) noexcept {
  writer_.u16(static_cast<std::uint16_t>(type));
  writer_.u16(static_cast<std::uint16_t>(value.size()));
  writer_.raw(value);
  writer_.raw(base::const_bytes{zeros}.first(padded(value.size()) - value.size()));
}

void message_writer::add_text(attribute type, std::string_view value) noexcept {
  add(type, base::as_bytes(value));
}

void message_writer::add_u32(attribute type, std::uint32_t value) noexcept {
  writer_.u16(static_cast<std::uint16_t>(type));
  writer_.u16(4);
  writer_.u32(value);
}

void message_writer::add_xor_address(attribute type, const base::endpoint& value) noexcept {
  std::array<std::uint8_t, 16> mask{0x21, 0x12, 0xa4, 0x42};
  std::transform(transaction_.begin(), transaction_.end(), mask.begin() + 4,
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  writer_.u16(static_cast<std::uint16_t>(type));
  writer_.u16(static_cast<std::uint16_t>(4 + value.ip.size()));
  writer_.u8(0);
  writer_.u8(value.ip.is_v4() ? 1 : 2);
  writer_.u16(static_cast<std::uint16_t>(value.port ^ (magic_cookie >> 16)));
  for (std::size_t i = 0; i < value.ip.size(); ++i)
    writer_.u8(static_cast<std::uint8_t>(value.ip.octets()[i] ^ mask[i]));
}

void message_writer::add_error_code(int code) noexcept {
  add_u32(attribute::error_code, static_cast<std::uint32_t>((code / 100) << 8 | code % 100));
}

void message_writer::add_unknown_attributes(std::span<const attribute> types) noexcept {
  auto size = types.size() * 2;
  writer_.u16(static_cast<std::uint16_t>(attribute::unknown_attributes));
  writer_.u16(static_cast<std::uint16_t>(size));
  for (auto type : types)
    writer_.u16(static_cast<std::uint16_t>(type));
  writer_.raw(base::const_bytes{zeros}.first(padded(size) - size));
}

void message_writer::patch_length(std::size_t body) noexcept {
  if (out_.size() < header_size)
    return;
  out_[2] = static_cast<std::byte>(body >> 8);
  out_[3] = static_cast<std::byte>(body);
}

void message_writer::add_address_error(std::uint8_t family, int code) noexcept {
  add_u32(attribute::address_error_code, std::uint32_t{family} << 24 |
                                             static_cast<std::uint32_t>((code / 100) << 8) |
                                             static_cast<std::uint32_t>(code % 100));
}

void message_writer::add_integrity(base::const_bytes key, integrity kind) {
  auto covered = writer_.done();
  if (!covered)
    return;
  bool sha1 = kind == integrity::sha1;
  patch_length(covered->size() + 4 + (sha1 ? 20 : 32) - header_size);
  if (sha1)
    add(attribute::message_integrity, base::hmac_sha1(key, *covered));
  else
    add(attribute::message_integrity_sha256, base::hmac_sha256(key, *covered));
}

void message_writer::add_fingerprint() noexcept {
  auto covered = writer_.done();
  if (!covered)
    return;
  patch_length(covered->size() + 8 - header_size);
  add_u32(attribute::fingerprint, fingerprint_of(*covered));
}

std::optional<base::const_bytes> message_writer::finish_before(attribute type,
                                                               std::size_t size) noexcept {
  writer_.u16(static_cast<std::uint16_t>(type));
  writer_.u16(static_cast<std::uint16_t>(size));
  auto head = writer_.done();
  auto body = writer_.size() - header_size + padded(size);
  if (!head || size > 0xffff || body > 0xffff)
    return std::nullopt;
  patch_length(body);
  return *head;
}

std::optional<base::const_bytes> message_writer::finish() noexcept {
  auto out = writer_.done();
  if (!out || out->size() - header_size > 0xffff)
    return std::nullopt;
  patch_length(out->size() - header_size);
  return *out;
}

} // namespace catchup::media::stun
