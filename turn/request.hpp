#pragma once
// A TURN request that has passed authentication, and the answer to it, as the
// values that travel between the media thread and the actors.

#include "turn/media_names.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace catchup::turn {

/// The codes this server gives (RFC 8489 §14.8, RFC 8656 §19).
namespace error {
inline constexpr int bad_request = 400;
inline constexpr int unauthorized = 401;
inline constexpr int forbidden = 403;
inline constexpr int unknown_attribute = 420;
inline constexpr int allocation_mismatch = 437;
inline constexpr int stale_nonce = 438;
inline constexpr int address_family_not_supported = 440;
inline constexpr int wrong_credentials = 441;
inline constexpr int unsupported_transport = 442;
inline constexpr int peer_address_family_mismatch = 443;
inline constexpr int quota_reached = 486;
inline constexpr int insufficient_capacity = 508;
} // namespace error

enum class family : std::uint8_t { ipv4 = 1, ipv6 = 2 };

constexpr turn::family family_of(const base::ip_address& ip) noexcept {
  return ip.is_v4() ? family::ipv4 : family::ipv6;
}

/// RESERVATION-TOKEN (RFC 8656 §18.6).
using reservation_token = std::array<std::byte, 8>;

struct request {
  five_tuple from;
  stun::method method{};
  stun::transaction_id transaction{};
  std::string username;
  /// Error of the request by itself, unless 437 or 441 comes first.
  int defect = 0;

  std::optional<std::uint32_t> lifetime; // seconds
  std::optional<turn::family> family;    // REQUESTED-ADDRESS-FAMILY
  bool dual = false;                     // ADDITIONAL-ADDRESS-FAMILY: IPv6 as well
  bool even_port = false;
  bool reserve_next = false; // the R bit of EVEN-PORT
  std::optional<reservation_token> reservation;
  /// How long the credentials stay good; no lease outlives them.
  std::uint32_t credential_seconds = 0xffffffff;
  std::vector<base::endpoint> peers; // every XOR-PEER-ADDRESS
  std::uint16_t channel = 0;

  /// Reads the attributes of the method from `m`. Never fails: see `defect`.
  static request read(const stun::message& m, const five_tuple& from, std::string_view username);
};

/// ADDRESS-ERROR-CODE: why a dual allocation lacks a family.
struct address_error {
  turn::family family{};
  int error = 0;

  bool operator==(const address_error&) const = default;
};

struct response {
  int error = 0; // 0: success
  std::optional<base::endpoint> relayed{};
  std::optional<base::endpoint> second_family{}; // the other one of a dual allocation
  std::optional<std::uint32_t> lifetime{};       // seconds
  std::optional<reservation_token> token{};      // for the next port
  std::optional<turn::address_error> missing{};
};

/// Whether the attribute is one this server knows. Another one below 0x8000 is
/// answered 420, or discards an indication; one that is known but has no place in
/// a message is passed over (RFC 8489 §6.3).
bool understood(stun::attribute a) noexcept;

} // namespace catchup::turn
