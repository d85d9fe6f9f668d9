#pragma once
// epoll with tags of our own.

#include "media/port/file_descriptor.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <span>
#include <sys/epoll.h>
#include <system_error>

namespace catchup::media::port {

class epoll {
public:
  epoll() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!fd_)
      throw std::system_error(errno, std::generic_category(), "epoll_create1");
  }

  bool add(int fd, std::uint32_t what, std::uint64_t tag) noexcept {
    return control(EPOLL_CTL_ADD, fd, what, tag);
  }
  bool change(int fd, std::uint32_t what, std::uint64_t tag) noexcept {
    return control(EPOLL_CTL_MOD, fd, what, tag);
  }

  /// Returns ready events, waiting at most `patience`. Valid until the next call.
  std::span<const epoll_event> wait(std::chrono::milliseconds patience) noexcept {
    auto n = ::epoll_wait(fd_.get(), ready_.data(), static_cast<int>(ready_.size()),
                          static_cast<int>(patience.count()));
    return std::span{ready_}.first(n > 0 ? static_cast<std::size_t>(n) : 0);
  }

private:
  bool control(int operation, int fd, std::uint32_t what, std::uint64_t tag) noexcept {
    epoll_event e{};
    e.events = what;
    e.data.u64 = tag;
    return ::epoll_ctl(fd_.get(), operation, fd, &e) == 0;
  }

  file_descriptor fd_;
  std::array<epoll_event, 128> ready_{};
};

} // namespace catchup::media::port
