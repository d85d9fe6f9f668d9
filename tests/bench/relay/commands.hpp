#pragma once
// Commands of the generator; each prints one line of JSON.

#include "options.hpp"

namespace catchup::bench {

/// Media between pairs of clients.
int load(const options& o);
/// Opens many allocations and says how fast, and what each costs.
int hold(const options& o);
/// Unauthenticated requests from many sources.
int flood(const options& o);
/// The least a relay can do: receives and sends on, and reads nothing.
int forward(const options& o);

} // namespace catchup::bench
