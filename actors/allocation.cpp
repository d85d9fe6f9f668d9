#include "actors/allocation.hpp"

#include "actors/metered.hpp"
#include "actors/timer.hpp"
#include "base/log.hpp"
#include "turn/credentials.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <optional>

namespace catchup::actors {

namespace {

std::uint64_t whole_seconds(base::duration d) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(d).count()));
}

class allocation_state {
public:
  static inline const char* name = "allocation";

  explicit allocation_state(allocation_actor::pointer self) : self_(self), timer_(self) {}

  allocation_actor::behavior_type init(turn::allocation core, const relay_actor& relay,
                                       std::shared_ptr<turn::shell::command_sink> media) {
    core_ = std::move(core);
    relay_ = relay.address();
    media_ = std::move(media);
    begun_ = now();
    self_->attach_functor([media = media_, client = core_->client(), id = core_->id()] {
      media->post(turn::remove{client, id});
    });
    self_->monitor(relay_);
    self_->set_down_handler([this](const caf::down_msg&) { self_->quit(); });
    publish();
    timer_.arm(core_->expires());
    return {
        [this](const msg::turn_request& m) { on_request(m.value); },
        [this](const msg::end_allocation&) { end(); },
        [this](const msg::count_usage& m) { carried_ = m.total; },
        [this](const msg::tick&) { check_clock(); },
        [this](const msg::get_allocation_status&) { return status(); },
    };
  }

private:
  base::time_point now() const { return self_->clock().now(); }

  void check_clock() {
    if (!timer_.fired(now()))
      return;
    if (core_->expired(now())) {
      end();
      return;
    }
    if (core_->drop_expired(now()))
      publish();
    timer_.arm(core_->expires());
  }

  void on_request(const turn::request& r) {
    auto out = core_->handle(now(), r);
    if (out.ended) {
      // In this order: when the client knows, relay and media thread know already.
      end();
      answer(r, out.answer);
      return;
    }
    timer_.arm(core_->expires());
    if (out.changed || !published_)
      if (!publish())
        return; // the client asks again
    answer(r, out.answer);
  }

  bool publish() {
    published_ = media_->post(turn::install{core_->snapshot()});
    return published_;
  }

  void answer(const turn::request& r, const turn::response& value) {
    media_->post(turn::reply{r.from, r.transaction, value});
  }

  void end() {
    media_->post(turn::remove{core_->client(), core_->id()});
    if (auto relay = caf::actor_cast<relay_actor>(relay_))
      self_->send(relay, msg::allocation_ended{core_->client(), core_->id()});
    self_->quit();
  }

  msg::allocation_status status() const {
    auto who = turn::parse_username(core_->username());
    msg::allocation_status out;
    out.allocation = core_->id();
    out.user = base::pseudonym(who ? who->user : std::string_view{});
    out.client = base::pseudonym(core_->client().client.ip.to_string());
    out.tcp = core_->client().transport == turn::transport::tcp;
    out.age_seconds = whole_seconds(now() - begun_);
    out.expires_in_seconds = whole_seconds(core_->expires() - now());
    out.permissions = core_->permissions();
    out.channels = core_->channels();
    out.carried = carried_;
    out.mailbox = load_of(self_);
    return out;
  }

  allocation_actor::pointer self_;
  timer<allocation_actor::pointer> timer_;
  std::optional<turn::allocation> core_; // set by init
  caf::actor_addr relay_;                // weak: the relay owns its allocations, not the other way
  std::shared_ptr<turn::shell::command_sink> media_;
  turn::counters carried_;
  base::time_point begun_;
  bool published_ = false;
};

} // namespace

allocation_actor spawn_allocation(const relay_actor::pointer& relay, turn::allocation core,
                                  std::shared_ptr<turn::shell::command_sink> media) {
  return spawn_metered<allocation_actor, allocation_state, caf::monitored>(
      *relay, [core = std::move(core), above = relay_actor{relay},
               media = std::move(media)](auto* self) mutable {
        return self->state.init(std::move(core), above, std::move(media));
      });
}

} // namespace catchup::actors
