#pragma once
// The TURN handlers of all media threads as one. Each thread has the whole
// table, so any of them can serve any packet without asking another.

#include "turn/shell/turn_handler.hpp"

#include <memory>
#include <vector>

namespace catchup::turn::shell {

class turn_group final : public command_sink {
public:
  turn_group(const core_config& config, std::size_t threads);

  /// One for each media thread.
  const std::vector<std::shared_ptr<turn_handler>>& handlers() const noexcept { return all_; }

  /// Table changes go to all threads, and so do answers: only the thread that received the
  /// request has it pending.
  bool post(command c) override;
  void subscribe(std::shared_ptr<events> to) override;
  void unsubscribe(const events* from) override;

private:
  class reports;

  std::vector<std::shared_ptr<turn_handler>> all_;
  std::shared_ptr<reports> reports_;
};

} // namespace catchup::turn::shell
