#pragma once
// The SFU on the media thread, as signalling sees it.

#include "sfu/shell/sfu_handler.hpp"
#include "sfu/signal/media.hpp"

namespace catchup::sfu::shell {

/// Hands commands to `handler`, and its answers and events to one listener, in the order
/// in which they came about.
std::shared_ptr<signal::media::plane> make_signal_plane(std::shared_ptr<sfu_handler> handler);

} // namespace catchup::sfu::shell
