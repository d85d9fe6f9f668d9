#include "base/encoding.hpp"

#include <array>

namespace catchup::base {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base32_digits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// One codec for all alphabets whose size is a power of two.
std::string encode(const_bytes in, std::string_view digits, unsigned bits) {
  std::string out;
  out.reserve((in.size() * 8 + bits - 1) / bits);
  std::uint32_t acc = 0;
  unsigned held = 0;
  for (auto b : in) {
    acc = (acc << 8) | std::to_integer<std::uint32_t>(b);
    held += 8;
    while (held >= bits) {
      held -= bits;
      out += digits[(acc >> held) & ((1u << bits) - 1)];
    }
  }
  if (held > 0)
    out += digits[(acc << (bits - held)) & ((1u << bits) - 1)];
  return out;
}

std::optional<buffer> decode(std::string_view text, std::string_view digits, unsigned bits) {
  buffer out;
  out.reserve(text.size() * bits / 8);
  std::uint32_t acc = 0;
  unsigned held = 0;
  for (char c : text) {
    auto value = digits.find(c);
    if (value == std::string_view::npos)
      return std::nullopt;
    acc = (acc << bits) | static_cast<std::uint32_t>(value);
    held += bits;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::byte>((acc >> held) & 0xff));
    }
  }
  // A spare digit that completes no byte, or spare bits that are not zero, would
  // be a second spelling of the same value.
  if (held >= bits || (acc & ((1u << held) - 1)) != 0)
    return std::nullopt;
  return out;
}

} // namespace

std::string to_hex(const_bytes in) { return encode(in, hex_digits, 4); }
std::optional<buffer> from_hex(std::string_view text) { return decode(text, hex_digits, 4); }

std::string to_base64(const_bytes in) {
  auto out = encode(in, base64_digits, 6);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::string to_base64url(const_bytes in) { return encode(in, base64url_digits, 6); }
std::optional<buffer> from_base64url(std::string_view text) {
  return decode(text, base64url_digits, 6);
}

std::string to_base32(const_bytes in) { return encode(in, base32_digits, 5); }
std::optional<buffer> from_base32(std::string_view text) { return decode(text, base32_digits, 5); }

} // namespace catchup::base
