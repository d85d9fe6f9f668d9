#pragma once
// Counters of the media port, of all its threads together. The threads write them, any
// other reads them.

#include "base/counter_table.hpp"

#include <atomic>

namespace catchup::media {

namespace families {
using base::families::none;
using base::families::quota;
inline constexpr base::metric_family lost{"catchup_media_datagrams_lost", "",
                                          "Datagrams that the kernel did not take."};
inline constexpr base::metric_family unclaimed{"catchup_media_unclaimed", "",
                                               "Packets that no protocol on the port took."};
} // namespace families

// clang-format off
//  NAME                FAMILY                LABEL                    MEANING
#define CATCHUP_PORT_COUNTERS(ROW)                                                                     \
  ROW(packets_in,         families::none,      "",                       "datagrams and frames received")              \
  ROW(datagrams_out,      families::none,      "",                       "datagrams sent")                             \
  ROW(datagrams_lost,     families::lost,      "",                       "datagrams that the kernel did not take")     \
  ROW(unclaimed,          families::unclaimed, "",                       "packets that no handler took")               \
  ROW(tcp_connections,    families::none,      "",                       "connections, now")                           \
  ROW(tcp_refused,        families::quota,     "relay-connections",      "connections: too many")                      \
  ROW(tcp_idle,           families::quota,     "relay-idle-connections", "connections closed because no handler wanted them") \
  ROW(tcp_dropped,        families::quota,     "relay-slow-connections", "frames for clients that read too slowly")    \
  ROW(handshakes_refused, families::quota,     "relay-handshakes",       "TLS and DTLS handshakes: too many of a source")
// clang-format on

/// Values at one moment.
struct port_totals {
  CATCHUP_PORT_COUNTERS(CATCHUP_COUNTER_FIELD)
};

#define ROW(name, family, label, help)                                                             \
  base::counter_row<port_totals>{#name, &port_totals::name, family, label, help},
inline constexpr std::array port_counter_rows{CATCHUP_PORT_COUNTERS(ROW)};
#undef ROW

struct port_counters {
#define ROW(name, ...) std::atomic<std::uint64_t> name{0};
  CATCHUP_PORT_COUNTERS(ROW)
#undef ROW
  /// About ten a second of each thread, unless it hangs.
  std::atomic<std::uint64_t> ticks{0};

  port_totals totals() const noexcept {
    port_totals out;
#define ROW(name, ...) out.name = name.load(std::memory_order_relaxed);
    CATCHUP_PORT_COUNTERS(ROW)
#undef ROW
    return out;
  }
};

} // namespace catchup::media
