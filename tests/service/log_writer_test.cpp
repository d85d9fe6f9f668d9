// The log when its reader is slow, stuck or gone.
#define CAF_SUITE log_writer
#include "service/log_writer.hpp"

#include "support/test.hpp"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

using namespace catchup;
using namespace catchup::service;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

/// A pipe, its reader, and a log_writer at the other end.
struct pipe_log {
  std::array<int, 2> ends{};
  std::shared_ptr<base::log_counts> counts = std::make_shared<base::log_counts>();
  std::optional<log_writer> writer;

  pipe_log() {
    REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
    std::signal(SIGPIPE, SIG_IGN); // as the server does
  }
  ~pipe_log() {
    writer.reset();
    for (int fd : ends)
      if (fd >= 0)
        close(fd);
  }
  void start(std::size_t bytes = 8192, std::chrono::milliseconds farewell = 1s) {
    writer.emplace(ends[1], log_writer::limits{bytes, bytes / 4, farewell}, counts);
  }
  /// Fills the pipe: nothing more goes in until somebody reads.
  void fill() {
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    std::array<char, 1024> some{};
    some.fill('.');
    while (::write(ends[1], some.data(), some.size()) > 0) {
    }
    while (::write(ends[1], some.data(), 1) > 0) {
    }
    fcntl(ends[1], F_SETFL, 0);
  }
  void stop_reading() { close(std::exchange(ends[0], -1)); }
  std::string read_some() {
    std::array<char, 65536> out{};
    auto n = ::read(ends[0], out.data(), out.size());
    return {out.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }
  /// Everything up to a text, of what is written within two seconds.
  std::string read_until(std::string_view text) {
    std::string out;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    for (auto end = steady::now() + 2s; out.find(text) == out.npos && steady::now() < end;)
      out += read_some();
    return out;
  }
  template <class Holds>
  static bool soon(Holds holds) {
    for (auto end = steady::now() + 2s; steady::now() < end; std::this_thread::sleep_for(1ms))
      if (holds())
        return true;
    return false;
  }
};

} // namespace

FIXTURE_SCOPE(log_writer_tests, pipe_log)

TEST(lines arrive in order and are counted) {
  start();
  writer->put("one\n", false);
  writer->put("two\n", true);
  CHECK_EQUAL(read_until("two\n"), "one\ntwo\n");
  CHECK(soon([&] { return counts->written == 2; }));
  CHECK_EQUAL(counts->dropped.load(), 0u);
}

TEST(a stuck reader makes nobody wait and what does not fit is dropped and counted) {
  fill();
  start();
  auto began = steady::now();
  for (int i = 0; i < 20'000; ++i)
    writer->put("a line that nobody reads\n", false);
  CHECK(steady::now() - began < 1s);
  CHECK(counts->dropped > 19'000);
}

TEST(important lines have room when others have none left) {
  fill();
  start(8192);
  for (int i = 0; i < 1000; ++i)
    writer->put("unimportant\n", false);
  auto before = counts->dropped.load();
  writer->put("important\n", true);
  CHECK_EQUAL(counts->dropped.load(), before);
  CHECK(read_until("important\n").ends_with("important\n"));
}

TEST(a reader that reads again hears how many lines are missing) {
  fill();
  start(8192);
  base::set_log_level("info");
  base::set_log_output([&](std::string line, bool most) { writer->put(std::move(line), most); });
  for (int i = 0; i < 3000; ++i)
    writer->put("line\n", false);
  auto text = read_until("log_lines_dropped");
  if (!text.ends_with('\n'))
    text += read_until("\n");
  auto dropped = counts->dropped.load();
  writer.reset();
  base::set_log_output({});
  CHECK(dropped > 0);
  CHECK(text.find("warn log_lines_dropped lines=" + std::to_string(dropped) + "\n") != text.npos);
}

TEST(a stuck reader does not keep the writer from ending) {
  fill();
  start(8192, 50ms);
  for (int i = 0; i < 100; ++i)
    writer->put("last words\n", false);
  auto began = steady::now();
  writer.reset();
  CHECK(steady::now() - began < 1s);
  CHECK_EQUAL(counts->dropped.load(), 100u);
}

TEST(a write that another writer to the same pipe blocks is interrupted at the end) {
  // poll says that there is room for a line, and there is not for all of a longer one.
  fill();
  std::array<char, 4096> page{};
  REQUIRE(::read(ends[0], page.data(), page.size()) == 4096);
  start(64 * 1024, 50ms);
  for (int i = 0; i < 10; ++i)
    writer->put(std::string(4000, 'x') + "\n", true);
  auto began = steady::now();
  writer.reset();
  CHECK(steady::now() - began < 1s);
}

TEST(a reader that is gone costs lines and nothing else) {
  stop_reading();
  start();
  for (int i = 0; i < 10; ++i)
    writer->put("unheard\n", false);
  CHECK(soon([&] { return counts->dropped == 10; }));
  CHECK_EQUAL(counts->written.load(), 0u);
}

TEST(a line that is too long for a pipe to take whole is cut) {
  start(64 * 1024);
  writer->put(std::string(10'000, 'x') + "\n", false);
  auto text = read_until("\n");
  CHECK_EQUAL(text.size(), log_writer::max_line);
}

TEST(what waits at the end is written for a reader that reads) {
  start();
  for (int i = 0; i < 100; ++i)
    writer->put("line\n", false);
  writer.reset();
  CHECK_EQUAL(counts->written.load(), 100u);
}

TEST(last words to a stuck reader end in time) {
  fill();
  auto began = steady::now();
  write_within(ends[1], "catchup: cannot go on\n", 50ms);
  CHECK(steady::now() - began < 1s);
}

FIXTURE_SCOPE_END()
