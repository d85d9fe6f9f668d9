#pragma once
// A LiveKit client on a WebSocket, and the actor of its participant.

#include "http/rtc_access.hpp"
#include "http/shell/ws_transport.hpp"

namespace catchup::http {

/// Completes the upgrade and serves the client from then on.
void serve_rtc(hub_ptr shared, tcp::socket socket, accepted_upgrade accepted, rtc_entry entry);

} // namespace catchup::http
