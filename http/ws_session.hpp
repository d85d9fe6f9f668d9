#pragma once
// One TCP connection after its upgrade to a WebSocket.

#include "http/hub.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace catchup::http {

using upgrade_request = boost::beast::http::request<boost::beast::http::string_body>;

/// The WebSocket subprotocol spoken on /ws.
inline constexpr const char* subprotocol = "catchup.v1";

/// Answers a checked upgrade request and talks to the client from then on.
/// `source` is what the socket is counted under.
void serve_websocket(hub_ptr shared, tcp::socket socket, upgrade_request request,
                     std::string origin, std::string source);

} // namespace catchup::http
