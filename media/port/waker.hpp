#pragma once
// Wakes a thread that sleeps in epoll.

#include "media/port/file_descriptor.hpp"

#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>

namespace catchup::media::port {

class waker {
public:
  /// Throws when the system has no descriptor left.
  waker() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!fd_)
      throw std::system_error(errno, std::generic_category(), "eventfd");
  }

  /// From any thread.
  void wake() noexcept {
    std::uint64_t one = 1;
    [[maybe_unused]] auto n = ::write(fd_.get(), &one, sizeof one);
  }

  void drain() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] auto n = ::read(fd_.get(), &count, sizeof count);
  }

  int fd() const noexcept { return fd_.get(); }

private:
  file_descriptor fd_;
};

} // namespace catchup::media::port
