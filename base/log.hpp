#pragma once
// Structured logging: one line an event, `time level event key=value …`, to
// standard error. Values are pseudonyms and numbers: never an address, a name,
// a room id, a token, SDP or a secret.

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

/// What an operator did: written at every level.
void audit(std::string_view event, std::initializer_list<field> fields = {});

/// Hears every line that is written from now on, without its end. Called on any
/// thread; it must neither wait nor log. An empty one ends that.
void set_log_listener(std::function<void(std::string_view line)> listener);

/// A short stand-in for an identifier, stable until the process ends and
/// meaningless outside it.
std::string pseudonym(std::string_view identifier);

} // namespace catchup::base
