#pragma once
// Everything that is measured, in OpenMetrics (docs/operations.md lists it).

#include "actors/messages/control.hpp"
#include "actors/totals.hpp"
#include "base/self_checks.hpp"
#include "http/admin/process.hpp"
#include "http/counters.hpp"

#include <string>
#include <string_view>

namespace catchup::http::admin {

struct measured {
  const actors::msg::status& tree;
  const actors::totals& control;
  const site_counters& site;
  process_stats process;
  bool draining = false;
  std::uint64_t wrong_tokens = 0;
  std::string_view version;
  base::self_checks self = {};
  std::uint64_t log_lines = 0;         ///< written
  std::uint64_t log_lines_dropped = 0; ///< that nobody read in time
};

/// No label names a room, a person or an address: labels are kinds and reasons.
std::string metrics_text(const measured& m);

} // namespace catchup::http::admin
