#pragma once
// The clocks. Only shells read them; everything else takes `now` as an argument.

#include <chrono>
#include <cstdint>

namespace catchup::base {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

/// Seconds since 1970, for what leaves the process: credentials, tokens, links.
using unix_seconds = std::int64_t;

/// This version did not exist before (2026-11-01): a clock that says so is wrong.
inline constexpr unix_seconds earliest_now = 1'793'491'200;

inline unix_seconds unix_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace catchup::base
