#pragma once
// One connection to the operator's listener.

#include "http/admin/hub.hpp"

namespace catchup::http::admin {

/// Answers requests on a socket until either side ends it.
void serve(hub_ptr shared, tcp::socket socket);

} // namespace catchup::http::admin
