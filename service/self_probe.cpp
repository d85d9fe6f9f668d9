#include "service/self_probe.hpp"

#include "base/log.hpp"
#include "service/probe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace catchup::service {

namespace {

constexpr std::size_t max_heard = 4096;

void log_news(const base::self_checks& before, const base::self_checks& found) {
  for (const auto& check : found.all) {
    auto known = std::ranges::find(before.all, check.name, &base::self_check::name);
    if (known == before.all.end() ? !check.ok : known->trouble != check.trouble)
      base::log(check.ok ? base::log_level::info : base::log_level::warn, "self_probe",
                {{"check", check.name}, {"trouble", check.ok ? "none" : check.trouble}});
  }
}

} // namespace

self_probe::self_probe(std::string program, schedule when, base::time_point now)
  : program_(std::move(program)), when_(when), due_(now + when.first) {}

self_probe::~self_probe() {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  if (pipe_ >= 0)
    close(pipe_);
}

bool self_probe::look(base::time_point now) {
  if (child_ > 0) {
    hear();
    auto late = now >= due_;
    if (!late && !ended())
      return false;
    finish(now, late ? "did not end in time" : "");
    return true;
  }
  if (now < due_)
    return false;
  if (start()) {
    due_ = now + when_.limit;
    return false;
  }
  finish(now, "could not be started");
  return true;
}

base::self_checks self_probe::result() const {
  std::lock_guard lock{mutex_};
  return result_;
}

// The child gets a pipe and nothing else of ours: sockets that it kept would hold
// their ports when we are gone.
bool self_probe::start() {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
    return false;
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string task = "probe", name = program_;
  std::array<char*, 3> arguments{name.data(), task.data(), nullptr};
  auto error =
      posix_spawn(&child_, program_.c_str(), &files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  close(ends[1]);
  if (error != 0) {
    child_ = -1;
    close(ends[0]);
    return false;
  }
  pipe_ = ends[0];
  heard_.clear();
  return true;
}

void self_probe::hear() {
  std::array<char, 1024> part{};
  ssize_t n = 0;
  while ((n = read(pipe_, part.data(), part.size())) > 0)
    heard_.append(part.data(), std::min(static_cast<std::size_t>(n), max_heard - heard_.size()));
}

bool self_probe::ended() {
  if (waitpid(child_, nullptr, WNOHANG) != child_)
    return false;
  child_ = -1;
  hear(); // its last words
  return true;
}

void self_probe::finish(base::time_point now, std::string trouble) {
  if (child_ > 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = -1;
  }
  if (pipe_ >= 0)
    close(std::exchange(pipe_, -1));
  auto found = from_lines(std::exchange(heard_, {}));
  if (trouble.empty() && found.all.empty())
    trouble = "said nothing";
  if (!trouble.empty())
    found.all.push_back({"probe", false, std::move(trouble), 0});
  found.at = base::unix_now();
  auto well = std::ranges::all_of(found.all, &base::self_check::ok);
  due_ = now + (well ? when_.every : when_.again);
  log_news(result_, found);
  std::lock_guard lock{mutex_};
  result_ = std::move(found);
}

} // namespace catchup::service
