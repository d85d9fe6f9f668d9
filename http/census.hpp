#pragma once
// How many WebSockets each source holds.

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace catchup::http {

/// Counts sockets in total, by source, and those by source that are not
/// admitted yet. Thread-safe. Memory follows the number of sockets.
class census {
public:
  struct limits {
    std::size_t total, per_source, unadmitted_per_source;
  };

  explicit census(const limits& l) : limits_(l) {}

  /// A socket's place; gives it back when destroyed. May be empty.
  class ticket {
  public:
    ticket() = default;
    ticket(ticket&& other) noexcept;
    ticket& operator=(ticket&& other) noexcept;
    ~ticket() { release(); }

    explicit operator bool() const noexcept { return owner_ != nullptr; }
    /// The socket's client was admitted.
    void admit();
    void release();

  private:
    friend class census;
    census* owner_ = nullptr;
    std::string source_;
    bool admitted_ = false;
  };

  /// An empty ticket when a limit is reached. Tickets must not outlive this.
  ticket enter(std::string source);

  std::size_t total() const;
  std::size_t of(const std::string& source) const;

private:
  struct counts {
    std::size_t all = 0, unadmitted = 0;
  };
  void admit(const std::string& source);
  void leave(const std::string& source, bool admitted);

  const limits limits_;
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::unordered_map<std::string, counts> sources_;
};

} // namespace catchup::http
