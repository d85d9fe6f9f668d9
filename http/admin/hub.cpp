#include "http/admin/hub.hpp"

#include "base/log.hpp"
#include "http/admin/metrics.hpp"
#include "http/admin/openmetrics.hpp"
#include "http/json.hpp"
#include "http/shell/ask.hpp"

#include <caf/send.hpp>

namespace catchup::http::admin {

namespace {

using actors::msg::operation;

std::string line_json(std::string_view line) {
  json::writer w;
  return w.open('{').member("line", line).close('}').done();
}

reply done_reply() { return json_reply(200, R"({"done":true})"); }

reply refusal(unsigned status, std::string_view code, std::string_view message) {
  json::writer w;
  w.open('{').key("error").open('{').member("code", code).member("message", message);
  return json_reply(status, w.close('}').close('}').done());
}

std::string_view name_of(target t) noexcept {
  switch (t) {
  case target::close_room:
    return "close-room";
  case target::lock_room:
    return "lock-room";
  case target::unlock_room:
    return "unlock-room";
  case target::kick_peer:
    return "kick-peer";
  case target::close_allocation:
    return "close-allocation";
  case target::kill_actor:
    return "kill-actor";
  case target::drain:
    return "drain";
  case target::undrain:
    return "undrain";
  case target::log_level:
    return "log-level";
  default:
    return "none";
  }
}

} // namespace

// -- looking --------------------------------------------------------------------

void hub::look(on_tree done) {
  if (quitting_)
    return done(nullptr);
  asking_.push_back(std::move(done));
  if (asking_.size() > 1)
    return;
  // The actors' answer and the end of our patience: what comes first counts.
  auto question = ++question_;
  answer_timer_.expires_after(config.answer_time);
  answer_timer_.async_wait([self = shared_from_this(), question](error_code ec) {
    if (!ec && question == self->question_)
      self->looked(nullptr);
  });
  ask(system, registry, actors::msg::get_status{},
      [self = shared_from_this(),
       question](base::result<actors::msg::status, actors::errc> answer) {
        auto kept = std::make_shared<decltype(answer)>(std::move(answer));
        self->post([self, question, kept] {
          if (question == self->question_)
            self->looked(*kept ? &**kept : nullptr);
        });
      });
}

void hub::looked(const actors::msg::status* tree) {
  ++question_; // whatever else comes is too late
  answer_timer_.cancel();
  if (tree) {
    view_.update(*tree, base::unix_now());
    if (!view_.changes().empty())
      publish("change", view_.changes());
  }
  if (auto now = status_json(); now != last_status_) {
    last_status_ = std::move(now);
    publish("status", last_status_);
  }
  for (auto& done : std::exchange(asking_, {}))
    done(tree ? &view_ : nullptr);
}

bool hub::draining() const {
  return !view_.tree().actors.empty() && view_.tree().actors.front().state == "draining";
}

std::string hub::status_json() const {
  json::writer w;
  w.open('{').member("version", config.version).member("draining", draining());
  w.member("log_level", base::log_level_name());
  w.member("listeners", static_cast<std::int64_t>(listeners_.size()));
  auto found = config.self_checks();
  w.member("self_probe_at", found.at).key("self_probe").open('[');
  for (const auto& check : found.all)
    w.open('{')
        .member("check", check.name)
        .member("ok", check.ok)
        .member("trouble", check.trouble)
        .member("expires", check.expires)
        .close('}');
  w.close(']');
  return w.close('}').done();
}

reply hub::answer(const wanted& w) const {
  auto one = [&] {
    auto* found = view_.find(w.id);
    return found ? json_reply(200, view_.with_children(*found)) : error_reply(api_error::not_found);
  };
  switch (w.what) {
  case target::status:
    return json_reply(200, status_json());
  case target::tree:
    return json_reply(200, "{\"nodes\":" + view_.all() + "}");
  case target::rooms:
    return json_reply(200, "{\"rooms\":" + view_.of_kind("room") + "}");
  case target::allocations:
    return json_reply(200, "{\"allocations\":" + view_.of_kind("allocation") + "}");
  case target::limits:
    return json_reply(200, "{\"limits\":" + view_.of_kind("limiter") + "}");
  case target::room:
  case target::peer:
    return one();
  case target::metrics:
    return metrics();
  default:
    return error_reply(api_error::not_found);
  }
}

reply hub::metrics() const {
  measured m{view_.tree(),        *config.control,    *config.site,   read_process_stats(),
             draining(),          tokens.failures(),  config.version, config.self_checks(),
             config.log->written, config.log->dropped};
  reply out;
  out.with("Content-Type", std::string{openmetrics::content_type})
      .with("Cache-Control", "no-store");
  out.body = metrics_text(m);
  return out;
}

// -- acting ---------------------------------------------------------------------

reply hub::act(const wanted& w, std::string_view body, const std::string& key) {
  auto what = std::string{name_of(w.what)} + ' ' + w.id + '\n' + std::string{body};
  if (!key.empty())
    for (const auto& before : done_)
      if (before.key == key)
        return before.what == what
                   ? before.answer
                   : refusal(409, "key-used", "This Idempotency-Key is of another action.");
  auto out = act_now(w, body);
  base::audit("operator", {{"action", std::string{name_of(w.what)}},
                           {"on", w.id.empty() ? "server" : w.id},
                           {"status", std::to_string(out.status)}});
  if (!key.empty() && out.status == 200) {
    if (done_.size() == max_keys)
      done_.pop_front();
    done_.push_back({key, std::move(what), out});
  }
  return out;
}

reply hub::act_now(const wanted& w, std::string_view body) {
  switch (w.what) {
  case target::close_room:
  case target::close_allocation:
    return operate(operation::close, w.id);
  case target::lock_room:
    return operate(operation::lock, w.id);
  case target::unlock_room:
    return operate(operation::unlock, w.id);
  case target::kick_peer:
    return operate(operation::kick, w.id);
  case target::kill_actor:
    return operate(operation::crash, w.id);
  case target::drain:
    caf::anon_send(registry, actors::msg::drain{});
    return done_reply();
  case target::undrain:
    if (config.ending())
      return refusal(409, "ending",
                     "The process is about to end; the next one takes people again.");
    caf::anon_send(registry, actors::msg::drain{false});
    return done_reply();
  case target::log_level: {
    auto o = json::object::parse(body);
    auto* level = o ? o->string("level") : nullptr;
    if (!level || !base::set_log_level(*level))
      return refusal(400, "bad-request", "level must be debug, info, warn or error");
    return done_reply();
  }
  default:
    return error_reply(api_error::not_found);
  }
}

reply hub::operate(operation what, const std::string& id) {
  auto* a = view_.find(id);
  if (!a)
    return error_reply(api_error::not_found);
  if (what == operation::crash && (a->kind == "registry" || a->kind == "relay"))
    return refusal(409, "vital", "The process ends with it: restart the service instead.");
  caf::anon_send(registry, actors::msg::operate{what, a->kind, a->name, a->parent});
  return done_reply();
}

// -- the event stream -----------------------------------------------------------

void hub::quit() {
  quitting_ = true;
  looked(nullptr); // those that wait keep the hub alive, and it keeps them
  poll_timer_.cancel();
}

bool hub::join(listener* l) {
  if (listeners_.size() >= config.listeners)
    return false;
  listeners_.push_back(l);
  poll();
  return true;
}

void hub::leave(listener* l) { listeners_.remove(l); }

void hub::poll() {
  if (polling_)
    return;
  polling_ = true;
  auto began = base::clock::now();
  look([self = shared_from_this(), began](const tree_view*) {
    // A big tree is looked at less often: at most a twentieth of the time.
    auto took = base::clock::now() - began;
    self->poll_timer_.expires_after(
        std::max<base::duration>(self->config.poll_interval, 20 * took));
    self->poll_timer_.async_wait([self](error_code ec) {
      self->polling_ = false;
      if (!ec && !self->listeners_.empty())
        self->poll();
    });
  });
}

void hub::publish(std::string_view name, std::string_view data) {
  if (listeners_.empty())
    return;
  auto event = std::make_shared<const std::string>(event_text(name, data));
  for (auto* l : listeners_) {
    l->events.push(event);
    l->wake();
  }
}

std::string hub::everything() const {
  auto out = event_text("tree", "{\"nodes\":" + view_.all() + "}");
  out += event_text("status", status_json());
  for (const auto& line : lines_)
    out += event_text("log", line_json(line));
  return out;
}

void hub::heard(std::string line) {
  if (++waiting_lines_ > max_waiting) {
    --waiting_lines_;
    return;
  }
  post([self = shared_from_this(), line = std::move(line)] {
    --self->waiting_lines_;
    if (self->lines_.size() == max_lines)
      self->lines_.pop_front();
    self->publish("log", line_json(line));
    self->lines_.push_back(line);
  });
}

} // namespace catchup::http::admin
