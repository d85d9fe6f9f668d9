#pragma once
// One TCP connection while it speaks HTTP.

#include "http/shell/hub.hpp"

namespace catchup::http {

/// Serves requests on `socket` until it closes or becomes a WebSocket. The
/// socket's executor is a strand of its own.
void serve_http(const hub_ptr& shared, tcp::socket socket);

} // namespace catchup::http
