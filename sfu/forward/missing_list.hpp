#pragma once
// Which packets of a stream have not arrived, and when to ask for them again
// (generic NACK, RFC 4585 §6.2.1).

#include "base/time.hpp"

#include <cstdint>
#include <vector>

namespace catchup::sfu::forward {

class missing_list {
public:
  static constexpr std::size_t max_missing = 250;
  static constexpr int max_tries = 10;
  static constexpr base::duration reorder_wait = std::chrono::milliseconds{10};
  static constexpr base::duration least_repeat = std::chrono::milliseconds{25};
  static constexpr base::duration give_up_after = std::chrono::seconds{1};

  /// Packets `from` to `to` - 1 are missing. False when that is more than can be
  /// asked for: the list is empty then, and only a key frame helps.
  bool gap(base::time_point now, std::int64_t from, std::int64_t to);

  void arrived(std::int64_t sequence);

  /// A key frame began: nothing before it matters.
  void forget_before(std::int64_t sequence);

  /// Appends what is to be asked for now, in order. After it `deadline` is later.
  void due(base::time_point now, base::duration round_trip, std::vector<std::uint16_t>& out);

  /// time_point::max() when nothing is missing.
  base::time_point deadline() const noexcept;

  std::size_t size() const noexcept { return missing_.size(); }

private:
  struct entry {
    std::int64_t sequence;
    base::time_point found;
    base::time_point ask;
    int tries = 0;
  };

  std::vector<entry> missing_; // ascends by sequence
};

} // namespace catchup::sfu::forward
