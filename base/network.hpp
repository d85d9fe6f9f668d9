#pragma once
// Ranges of addresses in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3).

#include "base/endpoint.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace catchup::base {

/// The addresses that begin with the same bits.
class network {
public:
  /// `10.0.0.0/8`, `2001:db8::/32`, or one address alone. Nothing when bits behind
  /// the prefix are set: then it is not clear which range is meant.
  static std::optional<network> parse(std::string_view text);

  bool contains(const ip_address& a) const noexcept;

  const ip_address& first() const noexcept { return first_; }

  /// Always with its prefix.
  std::string to_string() const;

  bool operator==(const network&) const = default;

private:
  network(const ip_address& first, std::size_t bits) : first_(first), bits_(bits) {}

  ip_address first_;
  std::size_t bits_ = 0;
};

} // namespace catchup::base
