#include "media/stun/message.hpp"

#include "base/crypto.hpp"

#include <algorithm>

namespace catchup::media::stun {

namespace {

constexpr std::size_t max_authenticated = 2048;

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> out{};
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    auto c = i;
    for (int bit = 0; bit < 8; ++bit)
      c = (c & 1) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
    out[i] = c;
  }
  return out;
}

std::uint32_t crc32(base::const_bytes in) noexcept {
  static constexpr auto table = make_crc_table();
  std::uint32_t c = 0xffffffffU;
  for (auto b : in)
    c = table[(c ^ std::to_integer<std::uint32_t>(b)) & 0xff] ^ (c >> 8);
  return ~c;
}

// Where the first attribute of that type starts, as an offset into the message,
// and what size it claims.
struct place {
  std::size_t offset = 0;
  std::size_t size = 0;
};
std::optional<place> find_place(base::const_bytes whole, attribute wanted) noexcept {
  base::reader in{whole.subspan(header_size)};
  while (in.left() > 0) {
    auto offset = whole.size() - in.left();
    auto type = attribute{in.u16()};
    std::size_t size = in.u16();
    if (type == wanted)
      return place{offset, size};
    in.raw(padded(size));
  }
  return std::nullopt;
}

// MESSAGE-INTEGRITY-SHA256 may be cut to 16 bytes, in steps of four (§14.6).
bool integrity_size_ok(integrity kind, std::size_t size) noexcept {
  return kind == integrity::sha1 ? size == 20 : size >= 16 && size <= 32 && size % 4 == 0;
}

} // namespace

std::uint32_t fingerprint_of(base::const_bytes before) noexcept {
  return crc32(before) ^ 0x5354554eU;
}

base::result<message, parse_error> message::parse(base::const_bytes datagram) noexcept {
  if (datagram.size() < header_size)
    return base::failure{parse_error::too_short};
  base::reader in{datagram};
  auto type = in.u16();
  std::size_t length = in.u16();
  if ((type & 0xc000) != 0 || in.u32() != magic_cookie)
    return base::failure{parse_error::not_stun};
  if (length % 4 != 0 || length + header_size != datagram.size())
    return base::failure{parse_error::bad_length};

  message out;
  out.whole_ = datagram;
  // The class bits C1 and C0 sit inside the method bits: RFC 8489 figure 3.
  out.class_ = message_class((type >> 7 & 2) | (type >> 4 & 1));
  out.method_ = stun::method((type >> 2 & 0xf80) | (type >> 1 & 0x70) | (type & 0x0f));

  in.raw(transaction_id{}.size());
  while (in.left() > 0) {
    auto offset = datagram.size() - in.left();
    auto kind = attribute{in.u16()};
    auto size = in.u16();
    auto value = in.raw(padded(size));
    if (!in.ok())
      return base::failure{parse_error::bad_attribute};
    if (kind != attribute::fingerprint)
      continue;
    if (size != 4 || in.left() != 0 ||
        base::reader{value}.u32() != fingerprint_of(datagram.first(offset)))
      return base::failure{parse_error::bad_fingerprint};
    out.fingerprint_ = true;
  }
  return out;
}

transaction_id message::transaction() const noexcept {
  transaction_id out;
  auto in = whole_.subspan(8, out.size());
  std::copy(in.begin(), in.end(), out.begin());
  return out;
}

std::optional<base::const_bytes> message::find(attribute wanted) const noexcept {
  std::optional<base::const_bytes> out;
  each([&](attribute type, base::const_bytes value) {
    if (type == wanted && !out)
      out = value;
  });
  return out;
}

std::optional<std::uint32_t> message::find_u32(attribute type) const noexcept {
  auto value = find(type);
  if (!value || value->size() != 4)
    return std::nullopt;
  return base::reader{*value}.u32();
}

std::optional<integrity> message::sealed_by() const noexcept {
  if (find(attribute::message_integrity_sha256))
    return integrity::sha256;
  if (find(attribute::message_integrity))
    return integrity::sha1;
  return std::nullopt;
}

bool message::integrity_ok(base::const_bytes key) const {
  auto kind = sealed_by();
  if (!kind)
    return false;
  auto at = find_place(whole_, *kind == integrity::sha1 ? attribute::message_integrity
                                                        : attribute::message_integrity_sha256);
  if (!at || at->offset > max_authenticated || !integrity_size_ok(*kind, at->size))
    return false;
  // The MAC covers the header with a length that ends where the seal does (§14.5).
  std::array<std::byte, max_authenticated> copy;
  auto covered = base::bytes{copy}.first(at->offset);
  std::copy_n(whole_.begin(), at->offset, covered.begin());
  auto length = at->offset + 4 + at->size - header_size;
  covered[2] = static_cast<std::byte>(length >> 8);
  covered[3] = static_cast<std::byte>(length);
  auto value = whole_.subspan(at->offset + 4, at->size);
  if (*kind == integrity::sha1)
    return base::equal_constant_time(base::hmac_sha1(key, covered), value);
  auto mac = base::hmac_sha256(key, covered);
  return base::equal_constant_time(base::const_bytes{mac}.first(at->size), value);
}

std::optional<base::endpoint> read_xor_address(base::const_bytes value,
                                               const transaction_id& transaction) noexcept {
  base::reader in{value};
  in.u8();
  auto family = in.u8();
  base::endpoint out;
  out.port = static_cast<std::uint16_t>(in.u16() ^ (magic_cookie >> 16));
  std::array<std::uint8_t, 16> mask{0x21, 0x12, 0xa4, 0x42};
  std::transform(transaction.begin(), transaction.end(), mask.begin() + 4,
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  std::array<std::uint8_t, 16> octets{};
  auto read = [&](std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      octets[i] = static_cast<std::uint8_t>(in.u8() ^ mask[i]);
    return in.ok() && in.left() == 0;
  };
  if (family == 1 && read(4))
    out.ip = base::ip_address::v4({octets[0], octets[1], octets[2], octets[3]});
  else if (family == 2 && read(16))
    out.ip = base::ip_address::v6(octets);
  else
    return std::nullopt;
  return out;
}

std::optional<int> read_error_code(base::const_bytes value) noexcept {
  base::reader in{value};
  in.u16();
  int hundreds = in.u8() & 7;
  int rest = in.u8();
  if (!in.ok() || hundreds < 3 || hundreds > 6 || rest > 99)
    return std::nullopt;
  return hundreds * 100 + rest;
}

} // namespace catchup::media::stun
