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

/// The WebSocket subprotocol of /ws.
inline constexpr std::string_view subprotocol = "catchup.v1";

/// Bytes of one message from a client, and from one that is not admitted yet.
inline constexpr std::size_t max_message = 200 * 1024;
inline constexpr std::size_t max_early_message = 16 * 1024;
inline constexpr std::uint32_t max_depth = 3;
inline constexpr std::uint32_t max_map = 16;
inline constexpr std::uint32_t max_array = 64;
inline constexpr std::uint32_t max_string = 256;
inline constexpr std::uint32_t max_binary = 128 * 1024;
inline constexpr std::size_t max_lobby = 1024;
inline constexpr std::size_t max_data = 32 * 1024;
/// A leaf and who is on it.
inline constexpr std::size_t mls_place_size = 1 + base::member_id::size;
inline constexpr std::uint64_t max_number = (std::uint64_t{1} << 53) - 1;

/// Messages of clients. Views point into the message they were decoded from.
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
  /// Of the group that the client still has.
  std::optional<std::uint64_t> incarnation;
  /// The session token of an earlier member of the same person, whose page is gone.
  std::optional<std::string_view> replaces = {};
};
struct ping {
  std::uint32_t ack = 0;
};
struct leave {};
struct app {
  std::uint32_t n = 0; ///< from 1
  base::const_bytes data;
};

enum class mls_kind : std::uint8_t { join, founded, commit, ready, resume, forked, visible };
/// `mls-join` and its like; fields that a kind does not have are empty or 0.
struct mls {
  mls_kind kind = mls_kind::join;
  std::uint32_t n = 0; ///< from 1
  std::uint64_t incarnation = 0, epoch = 0, seq = 0;
  base::const_bytes key_package, group_id, commit, tag, hash, leaves;
  std::optional<base::const_bytes> welcome;
  bool on = false;
  /// Of a join: the `seq` of the Welcome that could not be used.
  std::optional<std::uint64_t> refused = {};
};

using client_message = std::variant<hello, admit, ping, leave, app, mls>;

enum class wire_error : std::uint8_t {
  malformed, ///< not one MessagePack map, or over a limit
  field,     ///< a field is missing, repeated, or of the wrong type or size
  unknown,   ///< a `t` this version does not know
  version,   ///< a hello of another version
};

/// Reads one message. Never throws, takes no memory.
base::result<client_message, wire_error> decode(base::const_bytes message) noexcept;

/// With bytes of its own. Empty when `leaves` is not a list of members.
std::optional<e2ee::mls::to_delivery::message> own(const mls& m);

/// Codes of docs/protocol.md §3.5.
enum class error_code : std::uint8_t {
  bad_message,
  version,
  room_invalid,
  room_expired,
  admission,
  clock,
  room_full,
  room_locked,
  member_taken,
  resume_unknown,
  too_fast,
  too_many,
  draining,
  unavailable,
};
std::string_view to_string(error_code code) noexcept;

/// Messages that the server sends by itself, not for a member.
struct challenge {
  std::array<std::byte, 32> nonce{};
  std::uint64_t incarnation = 0;
};
struct error {
  error_code code = error_code::bad_message;
  std::optional<std::uint32_t> retry_s;
  /// With `clock`: the server's clock, and which of the two is probably wrong.
  std::optional<std::uint64_t> time = {};
  std::string_view suspect = {};
};

/// Of the delivery service; wire_mls.cpp.
base::buffer encode_mls(std::uint32_t n, const actors::signal::mls& m);
base::buffer encode(const challenge& m);
base::buffer encode(const error& m);
/// `n` is left out when it is 0.
base::buffer encode(std::uint32_t n, const actors::signal::message& m);

} // namespace catchup::http::wire
