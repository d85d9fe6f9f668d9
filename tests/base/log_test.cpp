#define CAF_SUITE log
#include "base/log.hpp"

#include "support/test.hpp"

#include <array>
#include <regex>
#include <set>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace catchup::base;

namespace {

// Takes what is written to standard error while it lives; at most a pipe's worth.
class captured_stderr {
public:
  captured_stderr() {
    REQUIRE(::pipe(ends_.data()) == 0);
    saved_ = ::dup(STDERR_FILENO);
    ::dup2(ends_[1], STDERR_FILENO);
    ::close(ends_[1]);
  }
  captured_stderr(const captured_stderr&) = delete;
  captured_stderr& operator=(const captured_stderr&) = delete;
  ~captured_stderr() { end(); }

  std::string text() {
    end();
    std::string out;
    std::array<char, 4096> chunk;
    for (ssize_t n; (n = ::read(ends_[0], chunk.data(), chunk.size())) > 0;)
      out.append(chunk.data(), static_cast<std::size_t>(n));
    ::close(ends_[0]);
    return out;
  }

private:
  void end() {
    if (saved_ >= 0) {
      ::dup2(saved_, STDERR_FILENO);
      ::close(saved_);
    }
    saved_ = -1;
  }

  std::array<int, 2> ends_{};
  int saved_ = -1;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end == text.npos ? text.size() : end + 1;
  }
  return out;
}

struct at_info {
  at_info() { set_log_level("info"); }
  ~at_info() { set_log_level("info"); }
};

} // namespace

FIXTURE_SCOPE(log_tests, at_info)

TEST(an event is one line of time and level and name and fields) {
  captured_stderr capture;
  log(log_level::warn, "peer-lost", {{"peer", "1a2b3c4d"}, {"after_s", "30"}});
  auto text = capture.text();
  const std::regex form{R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn peer-lost )"
                        R"(peer=1a2b3c4d after_s=30\n)"};
  CHECK(std::regex_match(text, form));
}

TEST(a value cannot make a second line or a second field) {
  captured_stderr capture;
  log(log_level::info, "e",
      {{"a", "x\ny error fake"},
       {"b", "say \"hi\" \\"},
       {"c", ""},
       {"d", "k=v"},
       {"e", "tab\there \x7f"}});
  auto text = capture.text();
  CHECK_EQUAL(lines_of(text).size(), 1u);
  CHECK(text.find(R"(a="x y error fake" b="say \"hi\" \\" c="" d="k=v" e="tab here  ")") !=
        text.npos);
}

TEST(what is below the level in force is not written) {
  captured_stderr capture;
  log(log_level::debug, "quiet");
  CHECK(set_log_level("error"));
  log(log_level::warn, "quiet");
  log(log_level::error, "loud");
  CHECK(set_log_level("debug"));
  log(log_level::debug, "loud");
  auto lines = lines_of(capture.text());
  CHECK_EQUAL(lines.size(), 2u);
  for (const auto& line : lines)
    CHECK(line.find("loud") != line.npos);
}

TEST(a level that does not exist changes nothing) {
  for (auto name : {"", "INFO", "verbose", "warning"})
    CHECK(!set_log_level(name));
  CHECK(log_enabled(log_level::info));
  CHECK(!log_enabled(log_level::debug));
}

TEST(what an operator did is written at every level) {
  captured_stderr capture;
  CHECK(set_log_level("error"));
  audit("operator", {{"action", "drain"}});
  CHECK(capture.text().find(" audit operator action=drain\n") != std::string::npos);
}

TEST(the level in force has a name) {
  for (auto name : {"debug", "info", "warn", "error"}) {
    CHECK(set_log_level(name));
    CHECK_EQUAL(log_level_name(), name);
  }
}

TEST(a listener hears what is written and nothing else until it is taken away) {
  captured_stderr capture;
  std::vector<std::string> heard;
  set_log_listener([&](std::string_view line) { heard.emplace_back(line); });
  log(log_level::debug, "quiet");
  log(log_level::info, "one", {{"a", "1"}});
  set_log_listener({});
  log(log_level::info, "two");
  REQUIRE_EQUAL(heard.size(), 1u);
  CHECK(heard[0].ends_with("info one a=1"));
}

TEST(lines of several threads do not mix) {
  constexpr std::size_t threads = 4, each = 50; // fits a pipe
  captured_stderr capture;
  {
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i)
      running.emplace_back([] {
        for (std::size_t j = 0; j < each; ++j)
          log(log_level::info, "tick", {{"value", std::string(40, 'x')}});
      });
    for (auto& t : running)
      t.join();
  }
  auto lines = lines_of(capture.text());
  CHECK_EQUAL(lines.size(), threads * each);
  for (const auto& line : lines)
    CHECK(line.ends_with("info tick value=" + std::string(40, 'x')));
}

FIXTURE_SCOPE_END()

TEST(a pseudonym is short and stable and tells nothing) {
  auto name = pseudonym("203.0.113.9");
  CHECK_EQUAL(name.size(), 8u);
  CHECK_EQUAL(name, pseudonym("203.0.113.9"));
  CHECK(name.find_first_not_of("0123456789abcdef") == name.npos);
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i)
    all.insert(pseudonym(std::to_string(i)));
  CHECK_EQUAL(all.size(), 100u);
}
