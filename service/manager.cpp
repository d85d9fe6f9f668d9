#include "service/manager.hpp"

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace catchup::service {

manager::manager(std::span<const base::env_entry> env) {
  for (const auto& [name, value] : env)
    if (name == "NOTIFY_SOCKET" && value.size() > 1 && (value[0] == '/' || value[0] == '@'))
      socket_ = value;
  if (socket_.size() >= sizeof(sockaddr_un::sun_path))
    socket_.clear();
  if (socket_.starts_with('@'))
    socket_[0] = '\0';
}

void manager::notify(std::string_view lines) const noexcept {
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
