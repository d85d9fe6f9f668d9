#pragma once
// A client of /ws: the protocol catchup.v1 on a WebSocket, and the member's actor.

#include "http/shell/ws_transport.hpp"

namespace catchup::http {

/// Completes the upgrade and serves the client from then on.
void serve_websocket(hub_ptr shared, tcp::socket socket, accepted_upgrade accepted);

} // namespace catchup::http
