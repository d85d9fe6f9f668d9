#pragma once
// Structured logging: one line an event, `time level event key=value …`, to
// standard error. Values are pseudonyms and numbers: never an address, a name,
// a room id, a token, SDP or a secret.

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace catchup::base {

enum class log_level : std::uint8_t { debug, info, warn, error };

/// `debug`, `info`, `warn` or `error`; anything else is false and changes nothing.
bool set_log_level(std::string_view name);
bool log_enabled(log_level level) noexcept;
/// The level in force, by its name.
std::string_view log_level_name() noexcept;

struct field {
  std::string_view key;
  std::string value;
};

/// Thread-safe; writes nothing below the level in force.
void log(log_level level, std::string_view event, std::initializer_list<field> fields = {});

/// Logs an operator's action at every level.
void audit(std::string_view event, std::initializer_list<field> fields = {});

/// Lines of the log since the start of the process.
struct log_counts {
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> dropped{0}; ///< nobody read the log, and there was no room for them
};

/// Takes every line from now on, with its newline, in place of standard error.
/// `important`: a warning, an error, or what an operator did. Called on any thread;
/// it must neither wait nor log. An empty one: standard error again, which waits for
/// its reader.
void set_log_output(std::function<void(std::string line, bool important)> output);

/// Hears every line that is written from now on, without its end. Called on any
/// thread; it must neither wait nor log. An empty one ends that.
void set_log_listener(std::function<void(std::string_view line)> listener);

/// A short stand-in for an identifier, stable until the process ends and
/// meaningless outside it.
std::string pseudonym(std::string_view identifier);

} // namespace catchup::base
