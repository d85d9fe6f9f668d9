#pragma once

#include "actors/inner_api.hpp"
#include "actors/totals.hpp"
#include "base/time.hpp"

#include <caf/fwd.hpp>

#include <memory>
#include <string>

namespace catchup::actors {

struct limiter_config {
  std::string name;           ///< of the endpoint, for the operator
  std::uint32_t requests = 0; ///< a window and source
  base::duration window = std::chrono::seconds{60};
  std::size_t max_sources = 65'536;
  std::uint64_t restarts = 0; ///< how often it had to be replaced so far
  std::string last_error{};   ///< how the one before it ended
  std::shared_ptr<totals> counts = std::make_shared<totals>();
};

/// Name of the endpoint for the operator, e.g. `create-room`.
std::string endpoint_name(endpoint_kind e);

/// Spawns a limiter with empty windows, monitored by `parent`; it ends with it.
limiter_actor spawn_limiter(caf::local_actor& parent, limiter_config config);

} // namespace catchup::actors
