#pragma once
// Counters of the relay's actor since the start.

#include "base/counter_table.hpp"

namespace catchup::actors {

namespace families {
using base::families::none;
using base::families::quota;
inline constexpr base::metric_family allocated{"catchup_turn_allocated", "",
                                               "Allocations that were made."};
inline constexpr base::metric_family replaced{
    "catchup_turn_replaced", "", "Idle allocations that gave way to a new one of their user."};
} // namespace families

// clang-format off
//  NAME                FAMILY                LABEL                    MEANING
#define CATCHUP_RELAY_COUNTERS(ROW)                                                                    \
  ROW(allocated,        families::allocated, "",                     "allocations ever")                              \
  ROW(crashed,          families::none,      "",                     "allocations that ended by a failure")           \
  ROW(refused_quota,    families::quota,     "allocations-per-peer", "allocations: too many of a user or source")     \
  ROW(refused_capacity, families::quota,     "allocations",          "allocations: too many in all")                  \
  ROW(refused_draining, families::quota,     "relay-draining",       "allocations while the server drains")           \
  ROW(replaced_idle,    families::replaced,  "",                     "allocations that gave way to a new one of their user")
// clang-format on

struct relay_counters {
  CATCHUP_RELAY_COUNTERS(CATCHUP_COUNTER_FIELD)
};

#define ROW(name, family, label, help)                                                             \
  base::counter_row<relay_counters>{#name, &relay_counters::name, family, label, help},
inline constexpr std::array relay_counter_rows{CATCHUP_RELAY_COUNTERS(ROW)};
#undef ROW

/// Keys of the relay in the status tree that are no counter of a table.
namespace relay_keys {
inline constexpr std::string_view allocations = "allocations";         // now
inline constexpr std::string_view allocations_tcp = "allocations_tcp"; // of these, over TCP
inline constexpr std::string_view packets_from_clients = "packets_from_clients";
inline constexpr std::string_view bytes_from_clients = "bytes_from_clients";
inline constexpr std::string_view packets_to_clients = "packets_to_clients";
inline constexpr std::string_view bytes_to_clients = "bytes_to_clients";
/// Packets of allocations that went nowhere.
inline constexpr std::string_view dropped = "dropped";
} // namespace relay_keys

} // namespace catchup::actors
