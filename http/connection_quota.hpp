#pragma once
// How many connections each source may hold.

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace catchup::http {

/// Counts connections in total, by source, and those of a source that are not
/// admitted yet. Thread-safe. Memory follows the number of connections.
class connection_quota {
public:
  struct limits {
    std::size_t total, per_source, unadmitted_per_source;
  };

  explicit connection_quota(const limits& l) : limits_(l) {}

  /// The place of one connection; gives it back when destroyed. May be empty.
  class slot {
  public:
    slot() = default;
    slot(slot&& other) noexcept;
    slot& operator=(slot&& other) noexcept;
    ~slot() { release(); }

    explicit operator bool() const noexcept { return owner_ != nullptr; }
    /// The client of the connection was admitted.
    void admit();
    void release();

  private:
    friend class connection_quota;
    connection_quota* owner_ = nullptr;
    std::string source_;
    bool admitted_ = false;
  };

  /// An empty slot when a limit is reached. Slots must not outlive this.
  slot enter(std::string source);

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
