#include "service/manager.hpp"

#include <charconv>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace catchup::service {

namespace {

std::optional<long> number(std::string_view in) {
  long out = 0;
  auto [end, error] = std::from_chars(in.data(), in.data() + in.size(), out);
  if (error != std::errc{} || end != in.data() + in.size())
    return std::nullopt;
  return out;
}

} // namespace

manager::manager(std::span<const base::env_entry> env, long pid) {
  std::optional<long> watched_pid;
  for (const auto& [name, value] : env) {
    if (name == "NOTIFY_SOCKET" && value.size() > 1 && (value[0] == '/' || value[0] == '@'))
      socket_ = value;
    else if (name == "WATCHDOG_PID")
      watched_pid = number(value);
    else if (name == "WATCHDOG_USEC")
      if (auto usec = number(value); usec && *usec > 0)
        watchdog_ = std::chrono::microseconds{*usec};
  }
  if (socket_.size() >= sizeof(sockaddr_un::sun_path))
    socket_.clear();
  if (socket_.starts_with('@'))
    socket_[0] = '\0';
  if (socket_.empty() || (watched_pid && *watched_pid != pid))
    watchdog_.reset();
}

void manager::say(std::string_view lines) const noexcept {
  if (socket_.empty())
    return;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, socket_.data(), socket_.size());
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  sendto(fd, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to),
         size);
  close(fd);
}

} // namespace catchup::service
