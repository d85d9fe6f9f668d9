#pragma once

#include "http/asset_store.hpp"

namespace catchup::http {

/// The web app that was built into the program (embed.cmake). Defined only in
/// programs that embed one.
asset_store embedded_assets();

/// The operator's page.
asset_store embedded_admin();

} // namespace catchup::http
