#pragma once
// Serving: the start, the life and the end of all parts together.

#include "base/config.hpp"
#include "service/manager.hpp"

#include <csignal>

namespace catchup::app {

/// Serves until a signal ends it, or until the registry ends by a fault of its own,
/// which fails. `signals` are blocked ones (service::block_signals). Throws
/// std::runtime_error when a part cannot start.
int serve(const base::config& c, base::ip_address public_ip, const sigset_t& signals,
          const service::manager& manager);

} // namespace catchup::app
