#include "actors/limiter.hpp"

#include "actors/fixed_windows.hpp"
#include "actors/last_minute.hpp"
#include "actors/metered.hpp"
#include "actors/status.hpp"
#include "actors/timer.hpp"

namespace catchup::actors {

namespace {

using namespace std::chrono;

// No spelling of an address or a /64 is longer.
constexpr std::size_t max_source = 64;

class limiter_state {
public:
  static inline const char* name = "limiter";

  explicit limiter_state(limiter_actor::pointer self)
    : self_(self), timer_(self), windows_(0, {}, 0) {}

  limiter_actor::behavior_type init(const caf::strong_actor_ptr& parent, limiter_config config) {
    config_ = std::move(config);
    windows_ = fixed_windows{config_.requests, config_.window, config_.max_sources};
    started_ = now();
    self_->monitor(parent);
    self_->set_down_handler([this](const caf::down_msg& dm) { self_->quit(dm.reason); });
    return {
        [this](const msg::spend& m) { return spend(m); },
        [this](const msg::get_status&) { return status(); },
        [this](const msg::tick&) { sweep(); },
        [](const msg::probe&) {},
    };
  }

private:
  base::time_point now() const { return self_->clock().now(); }

  msg::limit_decision spend(const msg::spend& m) {
    auto wait = m.source.size() > max_source ? config_.window : windows_.spend(now(), m.source);
    arm();
    auto allowed = wait == base::duration::zero();
    ++(allowed ? allowed_ : refused_);
    if (!allowed)
      recently_.add(now());
    auto& counts = config_.counts->of(m.endpoint);
    ++(allowed ? counts.allowed : counts.refused);
    return {allowed, static_cast<std::uint32_t>(ceil<seconds>(wait).count())};
  }

  void sweep() {
    if (!timer_.fired(now()))
      return;
    windows_.expire(now());
    arm();
  }

  // Sources are addresses, so none stays in memory longer than its window.
  void arm() {
    if (auto end = windows_.next_end())
      timer_.arm(*end);
  }

  msg::status status() {
    auto out = describe("limiter", config_.name, "registry", "running", now() - started_);
    out.restarts = config_.restarts;
    out.counters = {{"sources", windows_.size()},
                    {"allowed", allowed_},
                    {"refused", refused_},
                    {"refused_in_60_s", recently_.count(now())},
                    {"limit", config_.requests},
                    {"window_seconds",
                     static_cast<std::uint64_t>(duration_cast<seconds>(config_.window).count())}};
    out.mailbox = load_of(self_);
    out.last_error = config_.last_error;
    return {{std::move(out)}};
  }

  limiter_actor::pointer self_;
  timer<limiter_actor::pointer> timer_;
  limiter_config config_;
  fixed_windows windows_;
  base::time_point started_{};
  std::uint64_t allowed_ = 0;
  std::uint64_t refused_ = 0;
  last_minute recently_; // refused
};

} // namespace

std::string endpoint_name(endpoint_kind e) {
  switch (e) {
  case endpoint_kind::create_room:
    return "create-room";
  case endpoint_kind::livekit_token:
    return "livekit-token";
  case endpoint_kind::turn_credentials:
    return "turn-credentials";
  }
  return "unknown";
}

limiter_actor spawn_limiter(caf::local_actor& parent, limiter_config config) {
  return spawn_metered<limiter_actor, limiter_state, caf::monitored>(
      parent, [above = caf::strong_actor_ptr{parent.ctrl()}, config = std::move(config)](
                  auto* self) mutable { return self->state.init(above, std::move(config)); });
}

} // namespace catchup::actors
