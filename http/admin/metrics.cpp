#include "http/admin/metrics.hpp"

#include "actors/relay_counters.hpp"
#include "http/admin/openmetrics.hpp"
#include "media/port_counters.hpp"
#include "turn/core_counters.hpp"

#include <algorithm>

namespace catchup::http::admin {

namespace {

using status = actors::msg::status;

std::uint64_t count(const status& tree, std::string_view kind, std::string_view state = {}) {
  return static_cast<std::uint64_t>(
      std::count_if(tree.actors.begin(), tree.actors.end(), [&](const auto& a) {
        return a.kind == kind && (state.empty() || a.state == state);
      }));
}

/// A counter of the only actor of a kind, or 0.
std::uint64_t of(const status& tree, std::string_view kind, std::string_view name) {
  for (const auto& a : tree.actors)
    if (a.kind == kind)
      for (const auto& [key, value] : a.counters)
        if (key == name)
          return value;
  return 0;
}

namespace keys = actors::relay_keys;

std::uint64_t of_relay(const status& tree, std::string_view name) {
  return of(tree, "relay", name);
}

/// A counter of the relay's own table.
std::uint64_t of_relay(const status& tree, std::uint64_t actors::relay_counters::*at) {
  for (const auto& row : actors::relay_counter_rows)
    if (row.at == at)
      return of_relay(tree, row.name);
  return 0;
}

/// Calls `f(row)` for each counter of relay, core and port.
template <class F>
void each_counter(F&& f) {
  std::ranges::for_each(actors::relay_counter_rows, f);
  std::ranges::for_each(turn::core_counter_rows, f);
  std::ranges::for_each(media::port_counter_rows, f);
}

/// All samples of a family that are in the tables.
void add_counters(openmetrics& out, const status& tree, const base::metric_family& family) {
  each_counter([&](const auto& row) {
    if (!(row.family == family))
      return;
    if (family.label.empty())
      out.add(of_relay(tree, row.name));
    else
      out.add(of_relay(tree, row.name), {{family.label, row.label}});
  });
}

/// Families that only the tables have samples of.
void add_families(openmetrics& out, const status& tree) {
  std::vector<base::metric_family> done{base::families::none, base::families::quota};
  each_counter([&](const auto& row) {
    if (std::ranges::find(done, row.family) != done.end())
      return;
    done.push_back(row.family);
    out.counter(row.family.name, row.family.help);
    add_counters(out, tree, row.family);
  });
}

constexpr std::array kinds{"registry", "room", "peer", "relay", "allocation", "limiter"};
constexpr std::array endpoints{"create-room", "livekit-token", "turn-credentials"};

struct peaks {
  std::uint64_t waiting = 0, high_water = 0;
};

peaks peaks_of(const status& tree, std::string_view kind) {
  peaks out;
  for (const auto& a : tree.actors)
    if (a.kind == kind) {
      out.waiting = std::max(out.waiting, a.mailbox.waiting);
      out.high_water = std::max(out.high_water, a.mailbox.high_water);
    }
  return out;
}

void rooms_and_peers(openmetrics& out, const measured& m) {
  const auto& c = m.control;
  out.gauge("catchup_rooms", "Rooms, by how their media travel.")
      .add(count(m.tree, "room"), {{"mode", "direct"}});
  out.gauge("catchup_peers", "Members of rooms, by whether they have a connection.")
      .add(count(m.tree, "peer", "connected"), {{"state", "connected"}})
      .add(count(m.tree, "peer", "away"), {{"state", "away"}});
  out.counter("catchup_joins", "Members that were let in.").add(c.joins);
  out.counter("catchup_reconnects", "Members that came back on a new connection, and that tried.")
      .add(c.resumes, {{"outcome", "resumed"}})
      .add(m.site.errors[static_cast<std::size_t>(wire::error_code::resume_unknown)],
           {{"outcome", "unknown"}});
  auto joins = m.site.joins.counts();
  out.histogram("catchup_join_seconds", "From the opening of a WebSocket until it was let in.",
                durations::bounds, joins, m.site.joins.sum());
  out.counter("catchup_signals", "Messages handed from one member to another.").add(c.signals);
  out.counter("catchup_memberships_ended", "Members that are gone, by how they went.")
      .add(c.left, {{"reason", "left"}})
      .add(c.lost, {{"reason", "lost"}})
      .add(c.kicked, {{"reason", "kicked"}})
      .add(c.crashed, {{"reason", "crashed"}});
}

void actor_health(openmetrics& out, const measured& m) {
  const auto& c = m.control;
  out.gauge("catchup_actors", "Actors that live.");
  for (auto kind : kinds)
    out.add(count(m.tree, kind), {{"kind", kind}});
  out.gauge("catchup_actor_mailbox", "Messages in the fullest mailbox of a kind.");
  for (auto kind : kinds)
    out.add(peaks_of(m.tree, kind).waiting, {{"kind", kind}});
  out.gauge("catchup_actor_mailbox_high_water", "The most that one that lives ever had.");
  for (auto kind : kinds)
    out.add(peaks_of(m.tree, kind).high_water, {{"kind", kind}});
  out.counter("catchup_actor_crashes", "Actors that ended by a failure.")
      .add(c.room_crashes, {{"kind", "room"}})
      .add(c.crashed, {{"kind", "peer"}})
      .add(c.limiter_crashes, {{"kind", "limiter"}})
      .add(of_relay(m.tree, &actors::relay_counters::crashed), {{"kind", "allocation"}});
  out.counter("catchup_actor_restarts", "Actors that took the place of one that crashed.")
      .add(c.room_restarts, {{"kind", "room"}})
      .add(c.limiter_restarts, {{"kind", "limiter"}});
}

void limits(openmetrics& out, const measured& m) {
  const auto& c = m.control;
  out.counter("catchup_rate_limited", "Requests refused because their source had its share.");
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    out.add(c.limiters[i].refused, {{"endpoint", endpoints[i]}});
  out.counter("catchup_requests_issued", "Requests that a limiter let through.");
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    out.add(c.limiters[i].allowed, {{"endpoint", endpoints[i]}});
  out.counter(base::families::quota.name, base::families::quota.help)
      .add(c.rooms_full, {{"quota", "rooms"}})
      .add(c.members_full, {{"quota", "members"}})
      .add(c.refused[static_cast<std::size_t>(actors::errc::room_full)], {{"quota", "room-cap"}})
      .add(c.overloaded, {{"quota", "in-flight"}})
      .add(m.site.refused, {{"quota", "connections"}})
      .add(m.site.refused_source, {{"quota", "connections-per-source"}})
      .add(m.site.errors[static_cast<std::size_t>(wire::error_code::too_many)],
           {{"quota", "sockets"}})
      .add(m.site.errors[static_cast<std::size_t>(wire::error_code::too_fast)],
           {{"quota", "socket-rate"}})
      .add(m.site.messages_too_large, {{"quota", "socket-message-size"}})
      .add(m.site.queues_full, {{"quota", "socket-queue"}})
      .add(m.site.too_large, {{"quota", "request-size"}});
  add_counters(out, m.tree, base::families::quota);
}

void relay(openmetrics& out, const measured& m) {
  // Not counted in the tree, which lists no more than a thousand.
  auto all = of_relay(m.tree, keys::allocations), tcp = of_relay(m.tree, keys::allocations_tcp);
  out.gauge("catchup_turn_allocations", "Allocations, by how their clients reach the relay.")
      .add(all - std::min(all, tcp), {{"proto", "udp"}})
      .add(tcp, {{"proto", "tcp"}});
  out.counter("catchup_turn_bytes", "Payload that the relay carried.", "bytes")
      .add(of_relay(m.tree, keys::bytes_from_clients), {{"dir", "in"}})
      .add(of_relay(m.tree, keys::bytes_to_clients), {{"dir", "out"}});
  out.counter("catchup_turn_packets", "Packets that the relay carried.")
      .add(of_relay(m.tree, keys::packets_from_clients), {{"dir", "in"}})
      .add(of_relay(m.tree, keys::packets_to_clients), {{"dir", "out"}});
  out.counter("catchup_turn_dropped", "Packets of allocations that went nowhere.")
      .add(of_relay(m.tree, keys::dropped));
  add_families(out, m.tree);
}

void site(openmetrics& out, const measured& m) {
  const auto& s = m.site;
  out.gauge("catchup_connections", "Open connections, HTTP and WebSocket.").add(s.connections);
  out.counter("catchup_connections_accepted", "Connections since the start.").add(s.accepted);
  out.counter("catchup_http_requests", "HTTP requests since the start.").add(s.requests);
  out.counter("catchup_http_refused", "HTTP requests refused, by what they were told.");
  for (std::size_t i = 0; i < api_errors; ++i) {
    auto e = static_cast<api_error>(i);
    out.add(s.refusals[i], {{"code", code_of(e)}, {"status", std::to_string(status_of(e))}});
  }
  out.counter("catchup_ws_opened", "WebSockets since the start.").add(s.sockets_opened);
  out.counter("catchup_ws_messages", "Messages of clients, by type.");
  for (std::size_t i = 0; i < said_names.size(); ++i)
    out.add(s.messages[i], {{"type", said_names[i]}});
  out.counter("catchup_ws_errors", "Errors told to clients, by code.");
  for (std::size_t i = 0; i < wire_errors; ++i)
    out.add(s.errors[i], {{"code", wire::to_string(static_cast<wire::error_code>(i))}});
}

// Until it has looked there is nothing to say, and no check is missing its alert.
void self_probe(openmetrics& out, const base::self_checks& self) {
  if (self.at == 0)
    return;
  out.gauge("catchup_selfprobe_timestamp_seconds", "When the server last looked at itself.",
            "seconds")
      .add(static_cast<std::uint64_t>(self.at));
  out.gauge("catchup_selfprobe_ok", "1 when that went well, by what it looked at.");
  for (const auto& check : self.all)
    out.add(std::uint64_t{check.ok}, {{"check", check.name}});
  auto dated = [](const auto& check) { return check.expires > 0; };
  if (std::ranges::none_of(self.all, dated))
    return;
  out.gauge("catchup_certificate_expiry_timestamp_seconds",
            "When the certificate ends that is shown there.", "seconds");
  for (const auto& check : self.all)
    if (dated(check))
      out.add(static_cast<std::uint64_t>(check.expires), {{"of", check.name}});
}

void process(openmetrics& out, const measured& m) {
  const auto& p = m.process;
  out.counter("process_cpu_seconds", "Time on the processor.", "seconds").add(p.cpu_seconds);
  out.gauge("process_start_time_seconds", "When it started.", "seconds").add(p.start_seconds);
  out.gauge("process_resident_memory_bytes", "Memory in use.", "bytes").add(p.resident_bytes);
  out.gauge("process_virtual_memory_bytes", "Memory mapped.", "bytes").add(p.virtual_bytes);
  out.gauge("process_threads", "Threads.").add(p.threads);
  out.gauge("process_open_fds", "Open file descriptors.").add(p.open_fds);
  out.gauge("process_max_fds", "How many there may be.").add(p.max_fds);
}

} // namespace

std::string metrics_text(const measured& m) {
  openmetrics out;
  out.info("catchup_build", "What runs.").add(std::uint64_t{1}, {{"version", m.version}});
  out.gauge("catchup_draining", "1 while no new members are taken.").add(std::uint64_t{m.draining});
  rooms_and_peers(out, m);
  actor_health(out, m);
  limits(out, m);
  relay(out, m);
  site(out, m);
  out.counter("catchup_admin_wrong_tokens", "Wrong tokens at the operator's listener.")
      .add(m.wrong_tokens);
  out.counter("catchup_log_lines", "Lines of the log, by whether they were written.")
      .add(m.log_lines, {{"outcome", "written"}})
      .add(m.log_lines_dropped, {{"outcome", "dropped"}});
  self_probe(out, m.self);
  process(out, m);
  return out.done();
}

} // namespace catchup::http::admin
