#pragma once
// The `join_request` of an upgrade request, and the first messages to a client.

#include "base/bytes.hpp"

#include <livekit.pb.h>

#include <optional>
#include <string_view>

namespace catchup::sfu::signal {

/// Largest join request after inflation.
inline constexpr std::size_t max_join_request = 1024 * 1024;
/// Largest message of a client on its WebSocket.
inline constexpr std::size_t max_message = 512 * 1024;

/// Reads base64url, padded or not, of a WrappedJoinRequest, inflated where it says gzip
/// (RFC 1952). Nothing when it is malformed or larger than max_join_request.
std::optional<livekit::JoinRequest> read_join_request(std::string_view text);

/// Reads one message of a client. Nothing when it is malformed or too large; a message of
/// an unknown kind is one without a kind.
std::optional<livekit::SignalRequest> read_request(base::const_bytes message);

base::buffer write(const livekit::SignalResponse& m);

} // namespace catchup::sfu::signal
