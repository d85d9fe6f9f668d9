#pragma once
// Commands from actors to the media thread: values, carried out in order;
// an actor posts table changes before the answer that promises them.

#include "turn/request.hpp"
#include "turn/route.hpp"

#include <variant>

namespace catchup::turn {

/// The newest snapshot of an allocation.
struct install {
  route value;
};

/// An allocation has ended, whatever the reason.
struct remove {
  five_tuple client;
  allocation_id allocation = 0;
};

/// The answer to a request that went up.
struct reply {
  five_tuple to;
  stun::transaction_id transaction{};
  response value;
};

/// The last usage report has been worked off; the next may come.
struct usage_seen {};

using command = std::variant<install, remove, reply, usage_seen>;

} // namespace catchup::turn
