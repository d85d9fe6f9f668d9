#include "app/relay_certificate.hpp"

#include "base/log.hpp"

#include <stdexcept>

namespace catchup::app {

relay_certificate::relay_certificate(const std::string& folder, base::unix_seconds wall)
  : folder_(folder) {
  if (folder.empty())
    return;
  auto identity = folder_.load(wall);
  if (!identity)
    throw std::runtime_error("CATCHUP_TURN_CERT: " + folder + ": " + identity.error());
  slot_ = std::make_shared<media::port::tls_slot>();
  slot_->set(*identity);
}

void relay_certificate::look(base::time_point now, base::unix_seconds wall) {
  if (!slot_ || !folder_.changed(now))
    return;
  auto identity = folder_.load(wall);
  if (!identity)
    return base::log(base::log_level::error, "certificate_refused",
                     {{"reason", identity.error()}, {"in_force", "the one before"}});
  slot_->set(*identity);
  base::log(base::log_level::info, "certificate_renewed");
}

} // namespace catchup::app
