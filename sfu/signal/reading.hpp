#pragma once
// One client's messages before they reach its room: read, and pings answered. The rate of
// messages is limited where they arrive (http/upgrade_policy).

#include "base/bytes.hpp"

#include <livekit.pb.h>

#include <variant>

namespace catchup::sfu::signal {

/// A message that cannot be read: the connection of the client is to end.
struct fault {};
struct nothing {};
/// A request is for the room, a response for the client.
using reading = std::variant<nothing, livekit::SignalRequest, livekit::SignalResponse, fault>;

/// `now_ms` is the time since 1970 that a pong tells.
reading read_message(std::int64_t now_ms, base::const_bytes message);

} // namespace catchup::sfu::signal
