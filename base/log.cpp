#include "base/log.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <unistd.h>

namespace catchup::base {

namespace {

constexpr std::array<std::string_view, 4> names{"debug", "info", "warn", "error"};

// The mutable globals of the program: what may be printed, where to, and who hears it too.
std::atomic<log_level> threshold{log_level::info};

/// A function that another thread may replace while it is called.
template <class Function>
class replaceable {
public:
  void set(Function to) {
    auto next = to ? std::make_shared<const Function>(std::move(to)) : nullptr;
    std::lock_guard lock{mutex_};
    current_ = std::move(next);
  }
  /// Null when there is none.
  std::shared_ptr<const Function> get() {
    std::lock_guard lock{mutex_};
    return current_;
  }

private:
  std::mutex mutex_;
  std::shared_ptr<const Function> current_;
};

replaceable<std::function<void(std::string_view)>> listener;
replaceable<std::function<void(std::string, bool)>> output;

std::string timestamp() {
  using namespace std::chrono;
  auto now = system_clock::now().time_since_epoch();
  auto whole = duration_cast<seconds>(now).count();
  auto millis = static_cast<int>(duration_cast<milliseconds>(now).count() % 1000);
  std::time_t time = whole;
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 40> out{};
  auto n = std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(out.data() + n, out.size() - n, ".%03dZ", millis);
  return out.data();
}

bool plain(std::string_view value) {
  for (char c : value)
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
      return false;
  return !value.empty();
}

void append_value(std::string& line, std::string_view value) {
  if (plain(value)) {
    line += value;
    return;
  }
  line += '"';
  for (char c : value) {
    if (c == '"' || c == '\\')
      line += '\\';
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  line += '"';
}

void write(std::string_view level, bool important, std::string_view event,
           std::initializer_list<field> fields) {
  auto line = timestamp();
  line += ' ';
  line += level;
  line += ' ';
  line += event;
  for (const auto& f : fields) {
    line += ' ';
    line += f.key;
    line += '=';
    append_value(line, f.value);
  }
  if (auto to = listener.get())
    (*to)(line);
  line += '\n';
  if (auto to = output.get())
    return (*to)(std::move(line), important);
  // One write for one line: lines of several threads do not mix.
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace

bool set_log_level(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) {
      threshold = static_cast<log_level>(i);
      return true;
    }
  return false;
}

bool log_enabled(log_level level) noexcept { return level >= threshold.load(); }

std::string_view log_level_name() noexcept {
  return names[static_cast<std::size_t>(threshold.load())];
}

void log(log_level level, std::string_view event, std::initializer_list<field> fields) {
  if (log_enabled(level))
    write(names[static_cast<std::size_t>(level)], level >= log_level::warn, event, fields);
}

void audit(std::string_view event, std::initializer_list<field> fields) {
  write("audit", true, event, fields);
}

void set_log_output(std::function<void(std::string line, bool important)> to) {
  output.set(std::move(to));
}

void set_log_listener(std::function<void(std::string_view line)> to) {
  listener.set(std::move(to));
}

std::string pseudonym(std::string_view identifier) {
  static const auto key = random_array<32>();
  return to_hex(const_bytes{hmac_sha256(key, as_bytes(identifier))}.first(4));
}

} // namespace catchup::base
