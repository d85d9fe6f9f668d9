#pragma once
// The little HTTP that the doctor and the health check speak. Blocking, with
// limits in time and size.

#include "base/time.hpp"
#include "service/judge.hpp"

#include <memory>
#include <optional>
#include <string>

namespace catchup::service {

class web_client {
public:
  struct target {
    std::string host; ///< a name or an address
    std::uint16_t port = 80;
    bool tls = false;
  };
  explicit web_client(target where);
  ~web_client();

  /// Connects, and agrees on TLS if that is wanted. Empty, or what went wrong.
  std::string open();

  /// `headers` are whole lines. On trouble the status is 0. Keeps its connection.
  web_answer ask(const std::string& method, const std::string& path,
                 const std::string& headers = {}, const std::string& body = {});

  /// Of the certificate that was shown, trusted or not; nothing without TLS.
  std::optional<base::unix_seconds> expires() const { return expires_; }
  std::optional<long> days_left() const;

private:
  class line;
  target where_;
  std::unique_ptr<line> line_;
  std::optional<base::unix_seconds> expires_;
};

/// Whether the server of this machine is well, draining or not; for the health
/// checks of containers.
bool answers(std::uint16_t http_port);

} // namespace catchup::service
