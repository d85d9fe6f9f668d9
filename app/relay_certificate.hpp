#pragma once
// The certificate with which the relay speaks TLS, kept up to date.

#include "base/self_checks.hpp"
#include "base/time.hpp"
#include "media/port/tls_slot.hpp"
#include "service/certificate_folder.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace catchup::app {

class relay_certificate {
public:
  /// `folder` is CATCHUP_TURN_CERT; empty: the relay has no TLS. Throws
  /// std::runtime_error when the pair in it can never serve. A pair that ended, or is not
  /// valid yet, must not end the rest of the service: the relay is without TLS until
  /// look() finds another one.
  relay_certificate(const std::string& folder, base::unix_seconds wall);

  /// Where the media threads find the pair; empty when the relay has no TLS.
  const std::shared_ptr<media::port::tls_slot>& slot() const noexcept { return slot_; }

  /// Takes a renewed pair. One that cannot serve leaves the old one in force.
  void look(base::time_point now, base::unix_seconds wall);

  /// The failed check `relay-certificate` while the relay is without TLS for want of a
  /// pair. From any thread.
  std::optional<base::self_check> trouble() const;

private:
  void refuse(const std::string& reason);

  service::certificate_folder folder_;
  std::shared_ptr<media::port::tls_slot> slot_;
  mutable std::mutex mutex_; // guards what follows
  std::string trouble_;      // why the slot has no pair; empty: it has one
};

} // namespace catchup::app
