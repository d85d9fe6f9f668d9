#include "actors/allocation.hpp"

#include "actors/metered.hpp"
#include "base/log.hpp"
#include "turn/credentials.hpp"

namespace catchup::actors {

namespace {

std::uint64_t whole_seconds(base::duration d) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(d).count()));
}

} // namespace

allocation_actor::behavior_type
allocation_state::init(turn::allocation core, const relay_actor& relay,
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
  arm();
  return {
      [this](const msg::turn_request& m) { on_request(m.value); },
      [this](const msg::end_allocation&) { end(); },
      [this](const msg::count_usage& m) { carried_ = m.total; },
      [this](const msg::check_expiry&) {
        if (core_->expired(now())) {
          end();
          return;
        }
        if (core_->drop_expired(now()))
          publish();
        if (armed_ <= now())
          arm();
      },
      [this](const msg::get_allocation_status&) { return status(); },
  };
}

base::time_point allocation_state::now() const { return self_->clock().now(); }

void allocation_state::on_request(const turn::request& r) {
  auto out = core_->handle(now(), r);
  if (out.ended) {
    // In this order: when the client knows, relay and media thread know already.
    end();
    answer(r, out.answer);
    return;
  }
  if (core_->expires() < armed_)
    arm();
  if (out.changed || !published_)
    if (!publish())
      return; // the client will ask again
  answer(r, out.answer);
}

bool allocation_state::publish() {
  published_ = media_->post(turn::install{core_->snapshot()});
  return published_;
}

void allocation_state::answer(const turn::request& r, const turn::response& value) {
  media_->post(turn::reply{r.from, r.transaction, value});
}

void allocation_state::end() {
  media_->post(turn::remove{core_->client(), core_->id()});
  if (auto relay = caf::actor_cast<relay_actor>(relay_))
    self_->send(relay, msg::allocation_ended{core_->client(), core_->id()});
  self_->quit();
}

// A timer cannot be taken back. One that fires too early looks again; another is
// needed only where a shorter lease ends before the next one fires.
void allocation_state::arm() {
  armed_ = core_->expires();
  self_->scheduled_send(self_, armed_, msg::check_expiry{});
}

msg::allocation_status allocation_state::status() const {
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

allocation_actor::behavior_type
allocation(allocation_actor::stateful_pointer<allocation_state> self, turn::allocation core,
           const relay_actor& relay, std::shared_ptr<turn::shell::command_sink> media) {
  return self->state.init(std::move(core), relay, std::move(media));
}

} // namespace catchup::actors
