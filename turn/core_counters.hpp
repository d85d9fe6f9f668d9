#pragma once
// Counters of the TURN core since the start, for the operator: numbers only.

#include "base/counter_table.hpp"

namespace catchup::turn {

namespace families {
using base::families::none;
using base::families::quota;
inline constexpr base::metric_family auth{"catchup_turn_auth_failures", "reason",
                                          "Requests with credentials that were refused."};
inline constexpr base::metric_family challenges{
    "catchup_turn_challenges", "",
    "Requests without valid credentials; each allocation begins with one."};
inline constexpr base::metric_family malformed{"catchup_turn_malformed", "",
                                               "Datagrams that were nothing the relay knows."};
inline constexpr base::metric_family waited{"catchup_turn_waited", "reason",
                                            "Media that had to wait for a decision."};
inline constexpr base::metric_family expired{"catchup_turn_waited_in_vain", "reason",
                                             "Media that waited and was dropped."};
} // namespace families

// clang-format off
//  NAME                FAMILY                LABEL                    MEANING
#define CATCHUP_CORE_COUNTERS(ROW)                                                                     \
  ROW(bindings,            families::none,       "",                      "Binding requests answered")                        \
  ROW(challenges,          families::challenges, "",                      "401 and 438 sent")                                 \
  ROW(auth_wrong,          families::auth,       "wrong",                 "requests signed, and not with our credentials")    \
  ROW(auth_expired,        families::auth,       "expired",               "requests with credentials that are over")          \
  ROW(auth_stale,          families::auth,       "stale-nonce",           "438 sent")                                         \
  ROW(requests,            families::none,       "",                      "requests handed to the actors")                    \
  ROW(forwarded,           families::none,       "",                      "packets sent on")                                  \
  ROW(unrouted,            families::none,       "",                      "media without permission, channel or route")       \
  ROW(malformed,           families::malformed,  "",                      "broken messages")                                  \
  ROW(held,                families::waited,     "own-request",           "media that waited for the answer to a request of its sender") \
  ROW(held_expired,        families::expired,    "own-request",           "of these, not permitted by the answer or too late") \
  ROW(early,               families::waited,     "peer-permission",       "media that waited for the permission of its receiver") \
  ROW(early_expired,       families::expired,    "peer-permission",       "of these, not permitted in time")                  \
  ROW(refused_busy,        families::quota,      "relay-in-flight",       "requests: too many wait for an answer")            \
  ROW(limited_strangers,   families::quota,      "relay-strangers",       "answers to a source that has not logged in")       \
  ROW(limited_requests,    families::quota,      "relay-requests",        "authenticated requests of a source")               \
  ROW(limited_allocations, families::quota,      "relay-allocation-rate", "media of one allocation")                          \
  ROW(limited_uninvited,   families::quota,      "relay-uninvited",       "media from peers to whom the client has not sent") \
  ROW(limited_media,       families::quota,      "relay-rate",            "media of all allocations")
// clang-format on

struct core_counters {
  CATCHUP_CORE_COUNTERS(CATCHUP_COUNTER_FIELD)

  bool operator==(const core_counters&) const = default;
};

#define ROW(name, family, label, help)                                                             \
  base::counter_row<core_counters>{#name, &core_counters::name, family, label, help},
inline constexpr std::array core_counter_rows{CATCHUP_CORE_COUNTERS(ROW)};
#undef ROW

} // namespace catchup::turn
