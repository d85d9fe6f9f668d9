#pragma once
// The SFU among the other parts of the program (docs/sfu.md).

#include "actors/registry.hpp"
#include "base/config.hpp"
#include "http/server_config.hpp"
#include "turn/address_plan.hpp"

#include <memory>
#include <string>
#include <vector>

namespace catchup::sfu::shell {
class sfu_handler;
}

namespace catchup::app {

/// The values of a=candidate of the SFU (RFC 8839 §5.1), one for each address.
std::vector<std::string> sfu_candidates(const turn::address_plan& plan, std::uint16_t port);

/// The SFU for the media thread; nothing when it is off.
std::shared_ptr<sfu::shell::sfu_handler> make_sfu_handler(const base::config& c,
                                                          const turn::address_plan& plan);

/// Has the registry keep the actor of the SFU, and the slot of `site` know it.
void keep_sfu(actors::registry_config& control,
              const std::shared_ptr<sfu::shell::sfu_handler>& handler,
              const http::server_config& site);

} // namespace catchup::app
