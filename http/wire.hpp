#pragma once
// The messages of /ws as bytes: MessagePack maps (docs/protocol.md §3).

#include "actors/signal.hpp"
#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace catchup::http::wire {

/// Limits of one message from a client.
inline constexpr std::size_t max_message = 64 * 1024;
inline constexpr std::uint32_t max_depth = 3;
inline constexpr std::uint32_t max_map = 16;
inline constexpr std::uint32_t max_array = 64;
inline constexpr std::uint32_t max_string = 256;
inline constexpr std::uint32_t max_binary = 32 * 1024;
inline constexpr std::size_t max_lobby = 1024;

/// What a client says. Views point into the message they were decoded from.
struct hello {
  std::string_view room;
  /// A session token when the client wants its old place back.
  std::optional<std::string_view> resume;
  /// With `resume`: the highest numbered message it has.
  std::uint32_t ack = 0;
};
struct admit {
  base::const_bytes admission_key, host_key; ///< 32 bytes; host_key may be empty
  base::member_id member;
  base::const_bytes key_package, lobby;
  base::const_bytes signature; ///< 64 bytes
};
struct send {
  std::uint32_t n = 0; ///< from 1
  base::member_id to;
  base::const_bytes data;
};
struct ping {
  std::uint32_t ack = 0;
};
struct leave {};

using client_message = std::variant<hello, admit, send, ping, leave>;

enum class wire_error : std::uint8_t {
  malformed, ///< not one MessagePack map, or over a limit
  field,     ///< a field is missing, repeated, or of the wrong type or size
  unknown,   ///< a `t` this version does not know
  version,   ///< a hello of another version
};

/// Reads one message. Never throws, takes no memory.
base::result<client_message, wire_error> decode(base::const_bytes message) noexcept;

/// Codes of docs/protocol.md §3.5.
enum class error_code : std::uint8_t {
  bad_message,
  version,
  room_invalid,
  room_expired,
  admission,
  room_full,
  member_taken,
  resume_unknown,
  too_fast,
  too_many,
  draining,
  unavailable,
};
std::string_view to_string(error_code code) noexcept;

/// What the server says of its own accord, without a member behind it.
struct challenge {
  std::array<std::byte, 32> nonce{};
  std::uint64_t incarnation = 0;
};
struct error {
  error_code code = error_code::bad_message;
  std::optional<std::uint32_t> retry_s;
};

base::buffer encode(const challenge& m);
base::buffer encode(const error& m);
/// `n` is left out when it is 0.
base::buffer encode(std::uint32_t n, const actors::signal::message& m);

} // namespace catchup::http::wire
