#include "service/certificate_folder.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace catchup::service {

namespace {

constexpr auto chain_name = "fullchain.pem";
constexpr auto key_name = "privkey.pem";
/// More than any chain has.
constexpr std::size_t max_file = 256 * 1024;

using text = base::result<std::string, std::string>;

class open_file {
public:
  explicit open_file(const std::filesystem::path& path)
    : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~open_file() {
    if (fd_ >= 0)
      close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  int get() const noexcept { return fd_; }

private:
  int fd_;
};

// A pipe or a device in the place of a file must not make the server wait.
text contents(const std::filesystem::path& folder, const char* name) {
  auto trouble = [&](std::string_view what) {
    return base::failure{std::string{name} + ' ' + std::string{what}};
  };
  open_file file{folder / name};
  if (file.get() < 0)
    return trouble(std::string{"cannot be read: "} + std::strerror(errno));
  struct stat info {};
  if (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return trouble("is not a file");
  std::string out;
  std::array<char, 16 * 1024> part{};
  for (ssize_t n = 0; (n = read(file.get(), part.data(), part.size())) != 0;) {
    if (n < 0)
      return trouble(std::string{"cannot be read: "} + std::strerror(errno));
    out.append(part.data(), static_cast<std::size_t>(n));
    if (out.size() > max_file)
      return trouble("is too large for what it should be");
  }
  return out;
}

std::string day_of(base::unix_seconds t) {
  std::time_t time = t;
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 16> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%d", &utc);
  return out.data();
}

} // namespace

std::optional<certificate_folder::stamp> certificate_folder::look() const {
  std::error_code chain_error;
  std::error_code key_error;
  auto chain = std::filesystem::last_write_time(folder_ / chain_name, chain_error);
  auto key = std::filesystem::last_write_time(folder_ / key_name, key_error);
  if (chain_error || key_error)
    return std::nullopt;
  return stamp{chain, key};
}

base::result<std::shared_ptr<const media::tls_identity>, std::string>
certificate_folder::load(base::unix_seconds wall) {
  loaded_ = look();
  out_of_time_ = false;
  if (!loaded_ && !std::filesystem::exists(folder_ / chain_name) &&
      !std::filesystem::exists(folder_ / key_name))
    return base::failure{std::string{"has no fullchain.pem and privkey.pem"}};
  auto chain = contents(folder_, chain_name);
  if (!chain)
    return base::failure{chain.error()};
  auto key = contents(folder_, key_name);
  if (!key)
    return base::failure{key.error()};
  auto out = media::tls_identity::load(*chain, *key);
  if (!out)
    return out;
  out_of_time_ = wall < (*out)->not_before() || wall >= (*out)->not_after();
  if (wall >= (*out)->not_after())
    return base::failure{"a certificate in fullchain.pem ended on " + day_of((*out)->not_after()) +
                         ": renew it"};
  if (wall < (*out)->not_before())
    return base::failure{"a certificate in fullchain.pem begins on " +
                         day_of((*out)->not_before()) + ": is the clock of this machine right?"};
  return out;
}

bool certificate_folder::changed(base::time_point now) {
  if (now < due_)
    return false;
  due_ = now + interval;
  auto there = look();
  return there && (out_of_time_ || there != loaded_);
}

} // namespace catchup::service
