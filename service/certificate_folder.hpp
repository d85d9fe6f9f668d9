#pragma once
// A certificate and its key in a folder, as certbot leaves them, looked at again
// now and then.

#include "base/result.hpp"
#include "base/time.hpp"
#include "media/tls_session.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace catchup::service {

class certificate_folder {
public:
  static constexpr std::chrono::seconds interval{10};

  /// The folder of `fullchain.pem` and `privkey.pem`.
  explicit certificate_folder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Loads the pair, if it can serve at `wall`. The failure says what is wrong with which
  /// file, without the path of the folder.
  base::result<std::shared_ptr<const media::tls_identity>, std::string>
  load(base::unix_seconds wall);

  /// Whether the last load() failed only because of the time: the pair is good, but ended
  /// or not yet valid.
  bool out_of_time() const noexcept { return out_of_time_; }

  /// Whether load() is worth another try: other files lie there than were loaded, or the
  /// pair was out of time. Looks at most once in ten seconds.
  bool changed(base::time_point now);

private:
  using stamp = std::pair<std::filesystem::file_time_type, std::filesystem::file_time_type>;

  std::optional<stamp> look() const;

  std::filesystem::path folder_;
  std::optional<stamp> loaded_;
  bool out_of_time_ = false;
  base::time_point due_{};
};

} // namespace catchup::service
