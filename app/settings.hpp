#pragma once
// Settings of the parts of the program, made from those of the environment.

#include "actors/relay.hpp"
#include "base/config.hpp"
#include "http/server_config.hpp"
#include "media/port/media_port.hpp"
#include "turn/address_plan.hpp"
#include "turn/server_core.hpp"

#include <memory>

namespace catchup::app {

/// Of the site. Takes a new random incarnation each time.
http::server_config site_settings(const base::config& c);

/// Of TURN on the media threads.
turn::core_config turn_settings(const base::config& c);

/// Addresses of the relay: `public_ip`, and the one of the other family when it is set.
turn::address_plan relay_addresses(const base::config& c, base::ip_address public_ip);

/// Of the relay's actor.
actors::relay_config relay_settings(const base::config& c, turn::address_plan plan);

/// Of the media port; `tls` may be empty.
media::port::media_port_config media_settings(const base::config& c,
                                              std::shared_ptr<media::port::tls_slot> tls);

} // namespace catchup::app
