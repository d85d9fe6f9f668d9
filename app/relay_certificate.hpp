#pragma once
// The certificate with which the relay speaks TLS, kept up to date.

#include "base/time.hpp"
#include "media/port/tls_slot.hpp"
#include "service/certificate_folder.hpp"

#include <memory>
#include <string>

namespace catchup::app {

class relay_certificate {
public:
  /// `folder` is CATCHUP_TURN_CERT; empty: the relay has no TLS. Throws
  /// std::runtime_error when the pair in it cannot serve.
  relay_certificate(const std::string& folder, base::unix_seconds wall);

  /// Where the media threads find the pair; empty when the relay has no TLS.
  const std::shared_ptr<media::port::tls_slot>& slot() const noexcept { return slot_; }

  /// Takes a renewed pair. One that cannot serve leaves the old one in force.
  void look(base::time_point now, base::unix_seconds wall);

private:
  service::certificate_folder folder_;
  std::shared_ptr<media::port::tls_slot> slot_;
};

} // namespace catchup::app
