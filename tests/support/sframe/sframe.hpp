#pragma once
// SFrame ends (RFC 9605): a sender that never uses a counter twice, a receiver
// that takes each frame once. For native test clients and vector tests; no
// frame is ever encrypted or decrypted in the server.

#include "base/result.hpp"
#include "tests/support/sframe/replay_window.hpp"
#include "tests/support/sframe/sframe_header.hpp"
#include "tests/support/sframe/sframe_key.hpp"

#include <unordered_map>

namespace catchup::e2ee {

/// Numbers the frames of one key id.
class sframe_sender {
public:
  sframe_sender(sframe_suite suite, std::uint64_t kid, base::const_bytes base_key,
                std::uint64_t first_ctr = 0);

  /// Header, ciphertext and tag. Empty when every counter is used up: the key is
  /// at its end then, and nothing may be sent with it.
  std::optional<base::buffer> seal(base::const_bytes plaintext, base::const_bytes metadata);

private:
  sframe_key key_;
  std::uint64_t kid_;
  std::uint64_t next_;
  bool exhausted_ = false;
};

enum class sframe_error {
  malformed,   ///< cut off, or a header that is not in its shortest form
  unknown_key, ///< no key of this id
  replayed,    ///< seen before, or too old to tell
  too_far,     ///< further ahead than any honest sender
  forged,      ///< not sealed like this with this key
};

/// Opens the frames of several keys.
class sframe_receiver {
public:
  /// More keys are refused.
  static constexpr std::size_t max_keys = 1024;

  explicit sframe_receiver(sframe_suite suite) : suite_{suite} {}

  /// False, changing nothing, when there is a key of this id or there are too
  /// many: a replaced key would forget what it has seen.
  bool add_key(std::uint64_t kid, base::const_bytes base_key);
  void remove_key(std::uint64_t kid) { keys_.erase(kid); }

  /// The plaintext of one frame, once.
  base::result<base::buffer, sframe_error> open(base::const_bytes frame,
                                                base::const_bytes metadata);

private:
  struct entry {
    sframe_key key;
    replay_window window;
  };

  sframe_suite suite_;
  std::unordered_map<std::uint64_t, entry> keys_;
};

} // namespace catchup::e2ee
