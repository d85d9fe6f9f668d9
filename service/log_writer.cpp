#include "service/log_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace catchup::service {

namespace {

/// Interrupts a write; does nothing else.
constexpr int interruption = SIGUSR2;

void interrupt_writes() {
  struct sigaction ignore {};
  ignore.sa_handler = [](int) {}; // without SA_RESTART: the write fails with EINTR
  sigaction(interruption, &ignore, nullptr);
}

} // namespace

log_writer::log_writer(int fd, limits most, std::shared_ptr<base::log_counts> counts)
  : fd_(fd), most_(most), counts_(std::move(counts)), end_(eventfd(0, EFD_CLOEXEC)) {
  if (end_ < 0)
    throw std::system_error(errno, std::generic_category(), "eventfd");
  interrupt_writes();
  thread_ = std::thread{[this] { run(); }};
}

log_writer::~log_writer() {
  std::unique_lock lock{mutex_};
  ending_ = true;
  news_.notify_all();
  if (!news_.wait_for(lock, most_.farewell, [this] { return ended_; })) {
    [[maybe_unused]] auto told = eventfd_write(end_, 1);
    // Another writer may have filled the pipe between our poll and our write.
    while (!news_.wait_for(lock, std::chrono::milliseconds{10}, [this] { return ended_; }))
      pthread_kill(thread_.native_handle(), interruption);
  }
  lock.unlock();
  thread_.join();
  close(end_);
}

void log_writer::put(std::string line, bool important) {
  if (line.size() > max_line) {
    line.resize(max_line - 1);
    line += '\n';
  }
  std::lock_guard lock{mutex_};
  if (bytes_ + line.size() > most_.bytes - (important ? 0 : most_.reserved)) {
    ++counts_->dropped;
    return;
  }
  bytes_ += line.size();
  lines_.push_back(std::move(line));
  news_.notify_all();
}

void log_writer::run() {
  std::unique_lock lock{mutex_};
  while (true) {
    news_.wait(lock, [this] { return ending_ || !lines_.empty(); });
    if (lines_.empty())
      break;
    auto line = std::move(lines_.front());
    lines_.pop_front();
    lock.unlock();
    bool written = write(line);
    lock.lock();
    bytes_ -= line.size();
    ++(written ? counts_->written : counts_->dropped);
    // Not when nothing is written: the report would be dropped, too.
    if (written && !ending_ && bytes_ <= most_.bytes / 2) {
      lock.unlock();
      report_dropped();
      lock.lock();
    }
  }
  ended_ = true;
  news_.notify_all();
}

// Waits for its reader, but not beyond the end.
bool log_writer::write(std::string_view line) {
  while (!line.empty()) {
    std::array<pollfd, 2> ready{pollfd{fd_, POLLOUT, 0}, pollfd{end_, POLLIN, 0}};
    if (poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR)
      return false;
    if (ready[0].revents == 0) {
      if (ready[1].revents != 0)
        return false;
      continue;
    }
    auto n = ::write(fd_, line.data(), line.size());
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      return false;
    if (n < 0 && ready[1].revents != 0)
      return false;
    line.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
  return true;
}

void log_writer::report_dropped() {
  auto dropped = counts_->dropped.load();
  if (dropped == reported_)
    return;
  base::log(base::log_level::warn, "log_lines_dropped",
            {{"lines", std::to_string(dropped - reported_)}});
  reported_ = dropped;
}

log_to_stderr::log_to_stderr(std::shared_ptr<base::log_counts> counts)
  : writer_(STDERR_FILENO, {}, std::move(counts)) {
  base::set_log_output(
      [this](std::string line, bool important) { writer_.put(std::move(line), important); });
}

log_to_stderr::~log_to_stderr() { base::set_log_output({}); }

void write_within(int fd, std::string_view text, std::chrono::milliseconds limit) noexcept {
  auto until = std::chrono::steady_clock::now() + limit;
  while (!text.empty()) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd ready{fd, POLLOUT, 0};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0)
      return;
    auto n = ::write(fd, text.data(), std::min(text.size(), log_writer::max_line));
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      return;
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  }
}

} // namespace catchup::service
