#pragma once
// Requests that wait for the actors' answer, with the values that the answer needs. Bounded;
// no request stays longer than ten seconds.

#include "base/time.hpp"
#include "turn/credentials.hpp"
#include "turn/media_names.hpp"

#include <optional>
#include <unordered_map>
#include <vector>

namespace catchup::turn {

struct pending_request {
  stun::method method{};
  stun::transaction_id transaction{};
  long_term_key key{};
  stun::integrity sealed{};
  bool fingerprint = false;
};

class pending_requests {
public:
  static constexpr std::size_t max_per_client = 32;

  explicit pending_requests(std::size_t limit) noexcept : limit_(limit) {}

  /// False: do not pass the request on, because there are too many, or the same request is
  /// pending. A request without an answer for a while may be passed on again.
  bool admit(base::time_point now, const five_tuple& from, const pending_request& t);

  /// Ends a request; nothing when it is unknown or was given up.
  std::optional<pending_request> take(const five_tuple& from,
                                      const stun::transaction_id& transaction);

  bool waiting(const five_tuple& from) const { return waiting_.contains(from); }

  /// The number of the client's newest unanswered request. Numbers rise.
  std::optional<std::uint64_t> newest(const five_tuple& from) const;
  /// Whether a request of the client with that number or a lower one is unanswered.
  bool any_until(const five_tuple& from, std::uint64_t number) const;

  void sweep(base::time_point now);

  std::size_t size() const noexcept { return size_; }

private:
  struct entry {
    pending_request asked;
    std::uint64_t number = 0;
    base::time_point begun;
    base::time_point handed_on;
  };

  std::unordered_map<five_tuple, std::vector<entry>> waiting_;
  std::size_t size_ = 0;
  std::uint64_t last_number_ = 0;
  std::size_t limit_;
};

} // namespace catchup::turn
