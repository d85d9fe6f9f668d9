#pragma once
// IP addresses and transport addresses as plain values.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace catchup::base {

/// An IPv4 or IPv6 address. IPv4-mapped IPv6 is always stored as IPv4, so that
/// one host has one spelling in every table.
class ip_address {
public:
  constexpr ip_address() = default;

  static ip_address v4(std::array<std::uint8_t, 4> octets) noexcept;
  /// Normalises ::ffff:a.b.c.d to IPv4.
  static ip_address v6(std::array<std::uint8_t, 16> octets) noexcept;
  /// Accepts dotted IPv4 and any spelling of IPv6, without brackets or zone.
  static std::optional<ip_address> parse(std::string_view text);

  constexpr bool is_v4() const noexcept { return v4_; }
  /// 4 or 16 significant octets, in network order, at the front of the array.
  constexpr const std::array<std::uint8_t, 16>& octets() const noexcept { return octets_; }
  constexpr std::size_t size() const noexcept { return v4_ ? 4 : 16; }

  bool is_unspecified() const noexcept;
  bool is_loopback() const noexcept;
  /// RFC 1918, RFC 6598 (carrier NAT), link-local, and IPv6 unique-local.
  bool is_private() const noexcept;
  bool is_multicast() const noexcept;

  std::string to_string() const;

  auto operator<=>(const ip_address&) const = default;

private:
  std::array<std::uint8_t, 16> octets_{};
  bool v4_ = true;
};

/// A transport address: where a datagram or connection comes from or goes to.
struct endpoint {
  ip_address ip;
  std::uint16_t port = 0;

  /// `1.2.3.4:5` or `[::1]:5`.
  std::string to_string() const;
  auto operator<=>(const endpoint&) const = default;
};

std::size_t hash_value(const ip_address&) noexcept;
std::size_t hash_value(const endpoint&) noexcept;

} // namespace catchup::base

template <>
struct std::hash<catchup::base::ip_address> {
  std::size_t operator()(const catchup::base::ip_address& a) const noexcept {
    return catchup::base::hash_value(a);
  }
};
template <>
struct std::hash<catchup::base::endpoint> {
  std::size_t operator()(const catchup::base::endpoint& e) const noexcept {
    return catchup::base::hash_value(e);
  }
};
