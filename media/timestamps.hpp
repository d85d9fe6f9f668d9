#pragma once
// The time as a core is told it.

#include "base/time.hpp"

namespace catchup::media {

/// Leases and rates run on the steady clock, credentials on the wall clock.
struct timestamps {
  base::time_point now;        ///< steady
  base::unix_seconds wall = 0; ///< seconds since 1970
};

} // namespace catchup::media
