#include "app/relay_certificate.hpp"

#include "base/log.hpp"

#include <stdexcept>

namespace catchup::app {

relay_certificate::relay_certificate(const std::string& folder, base::unix_seconds wall)
  : folder_(folder) {
  if (folder.empty())
    return;
  auto identity = folder_.load(wall);
  if (!identity && !folder_.out_of_time())
    throw std::runtime_error("CATCHUP_TURN_CERT: " + folder + ": " + identity.error());
  slot_ = std::make_shared<media::port::tls_slot>();
  if (identity)
    slot_->set(*identity);
  else
    refuse(identity.error());
}

void relay_certificate::look(base::time_point now, base::unix_seconds wall) {
  if (!slot_ || !folder_.changed(now))
    return;
  auto identity = folder_.load(wall);
  if (!identity)
    return refuse(identity.error());
  slot_->set(*identity);
  {
    std::lock_guard lock{mutex_};
    trouble_.clear();
  }
  base::log(base::log_level::info, "certificate_renewed");
}

void relay_certificate::refuse(const std::string& reason) {
  bool without = !slot_->get();
  if (without) {
    std::lock_guard lock{mutex_};
    if (trouble_ == reason)
      return; // logged before
    trouble_ = reason;
  }
  base::log(base::log_level::error, "certificate_refused",
            {{"reason", reason}, {"in_force", without ? "none" : "the one before"}});
}

std::optional<base::self_check> relay_certificate::trouble() const {
  std::lock_guard lock{mutex_};
  if (trouble_.empty())
    return std::nullopt;
  return base::self_check{"relay-certificate", false, trouble_};
}

} // namespace catchup::app
