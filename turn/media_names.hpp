#pragma once
// The names of media/ that TURN uses throughout.

#include "media/five_tuple.hpp"
#include "media/stun/message.hpp"
#include "media/timestamps.hpp"
#include "media/transmit.hpp"

namespace catchup::turn {

namespace stun = media::stun;
using media::five_tuple;
using media::transmit;
using media::transport;

} // namespace catchup::turn
