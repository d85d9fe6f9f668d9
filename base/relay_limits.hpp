#pragma once
// Limits of one client of the relay, as the operator sets them.

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace catchup::base {

/// 0 is no limit where it says so.
struct relay_limits {
  unsigned user = 16;               // allocations of one user
  unsigned source = 256;            // of one IPv4 address or IPv6 /64
  unsigned allocations = 10'000;    // of all
  unsigned strangers = 50;          // answers a second to a source before it logs in; 0: none
  unsigned requests = 200;          // requests a second of a source; 0: none
  unsigned packets = 10'000;        // a second of an allocation, each way; 0: none
  unsigned mbit = 120;              // the same in Mbit/s; 0: none
  unsigned all_packets = 0;         // a second of all allocations; 0: none
  unsigned all_mbit = 0;            // 0: none
  unsigned connections = 4096;      // over TCP
  unsigned source_connections = 64; // of one source

  bool operator==(const relay_limits&) const = default;
};

/// `name=number` between commas; what is not named stays as it is. The failure is
/// a sentence that says what is allowed.
result<relay_limits, std::string> parse_relay_limits(std::string_view text);

/// In the same form, all of them.
std::string describe(const relay_limits& limits);

} // namespace catchup::base
