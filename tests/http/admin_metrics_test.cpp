#define CAF_SUITE admin_metrics
#include "actors/relay_counters.hpp"
#include "http/admin/metrics.hpp"
#include "http/admin/openmetrics.hpp"
#include "http/support/openmetrics.hpp"
#include "media/port_counters.hpp"
#include "turn/core_counters.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http;
using namespace catchup::http::admin;
using test::openmetrics_reader;

namespace {

struct counted {
  actors::msg::status tree;
  actors::totals control;
  site_counters site;
  base::self_checks self;

  actors::msg::actor_status& add(std::string kind, std::string name, std::string state) {
    auto& a = tree.actors.emplace_back();
    a.kind = std::move(kind);
    a.name = std::move(name);
    a.state = std::move(state);
    return a;
  }
  std::string text(bool draining = false) {
    return metrics_text({tree, control, site, read_process_stats(), draining, 3, "1.2.3", self});
  }
};

void check_no_problem(const openmetrics_reader& r) {
  for (const auto& p : r.problems)
    FAIL_TEST(p);
  CHECK(r.problems.empty());
}

} // namespace

// -- the reader can say no ----------------------------------------------------

TEST(the strict reader finds what is wrong) {
  for (auto bad : {
           "# TYPE a gauge\n# HELP a x\na 1\n",                // no end
           "# TYPE a gauge\na 1\n# EOF\nb 2\n",                // after the end
           "# TYPE a counter\na 1\n# EOF\n",                   // no _total
           "# TYPE a_total counter\na_total_total 1\n# EOF\n", // suffix in the name
           "# TYPE a gauge\na{x=\"1} 1\n# EOF\n",              // no closing quote
           "# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n# EOF\n",    // label twice
           "# TYPE a gauge\na 1\na 2\n# EOF\n",                // sample twice
           "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n", // in pieces
           "# TYPE a gauge\na one\n# EOF\n",                                    // no number
           "# TYPE a gauge\n# UNIT a bytes\na 1\n# EOF\n", // unit not in the name
           "# TYPE a gauge\n# EOF\n",                      // nothing in it
           "# TYPE a counter\na_total -1\n# EOF\n",        // fell below zero
           "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_count 1\na_sum 1\n# EOF\n", // no +Inf
           "# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_count 1\na_sum "
           "1\n# EOF\n",                                                               // shrinks
           "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1\na_count 2\na_sum 1\n# EOF\n", // no fit
       })
    CHECK(!openmetrics_reader{bad}.problems.empty());
}

// -- the writer ---------------------------------------------------------------

TEST(families and samples are written by the letter) {
  openmetrics out;
  out.gauge("a_bytes", "How \"much\"\nof it.", "bytes").add(std::uint64_t{7});
  out.counter("b", "B.").add(0.25, {{"x", "q\"\\\n"}, {"y", ""}});
  out.info("c", "C.").add(std::uint64_t{1}, {{"version", "1"}});
  auto text = out.done();
  check_no_problem(openmetrics_reader{text});
  CHECK_EQUAL(text, "# TYPE a_bytes gauge\n# UNIT a_bytes bytes\n"
                    "# HELP a_bytes How \\\"much\\\"\\nof it.\na_bytes 7\n"
                    "# TYPE b counter\n# HELP b B.\nb_total{x=\"q\\\"\\\\\\n\",y=\"\"} 0.25\n"
                    "# TYPE c info\n# HELP c C.\nc_info{version=\"1\"} 1\n# EOF\n");
}

// -- what is measured ---------------------------------------------------------

FIXTURE_SCOPE(metrics_tests, counted)

TEST(an empty server is measured by the letter) {
  openmetrics_reader r{text()};
  check_no_problem(r);
  CHECK_EQUAL(r.value("catchup_rooms{mode=\"direct\"}"), 0);
  CHECK_EQUAL(r.value("catchup_draining"), 0);
  CHECK_EQUAL(r.value("catchup_build_info{version=\"1.2.3\"}"), 1);
  CHECK_EQUAL(r.value("catchup_admin_wrong_tokens_total"), 3);
  CHECK(r.value("process_resident_memory_bytes") > 1e6);
  CHECK(r.value("process_open_fds") >= 3);
  CHECK(r.value("process_threads") >= 1);
  CHECK(r.value("process_start_time_seconds") > 1.6e9);
}

TEST(how long joining takes is a histogram in seconds) {
  using namespace std::chrono_literals;
  for (auto took : {20ms, 50ms, 51ms, 400ms, 30'000ms})
    site.joins.add(took);
  openmetrics_reader r{text()};
  check_no_problem(r);
  CHECK_EQUAL(r.value("catchup_join_seconds_bucket{le=\"0.05\"}"), 2);
  CHECK_EQUAL(r.value("catchup_join_seconds_bucket{le=\"0.1\"}"), 3);
  CHECK_EQUAL(r.value("catchup_join_seconds_bucket{le=\"10\"}"), 4);
  CHECK_EQUAL(r.value("catchup_join_seconds_bucket{le=\"+Inf\"}"), 5);
  CHECK_EQUAL(r.value("catchup_join_seconds_count"), 5);
  CHECK(std::abs(r.value("catchup_join_seconds_sum") - 30.521) < 1e-9);
}

TEST(what the server found of itself shows when it has looked) {
  CHECK(text().find("selfprobe") == std::string::npos);
  self.at = 1'800'000'000;
  self.all = {{"relay-udp", true, "", 0}, {"relay-tcp", false, "no answer", 0}};
  openmetrics_reader before{text()};
  check_no_problem(before);
  CHECK_EQUAL(before.value("catchup_selfprobe_timestamp_seconds"), 1.8e9);
  CHECK_EQUAL(before.value("catchup_selfprobe_ok{check=\"relay-udp\"}"), 1);
  CHECK_EQUAL(before.value("catchup_selfprobe_ok{check=\"relay-tcp\"}"), 0);
  self.all.push_back({"https", true, "", 1'801'000'000});
  openmetrics_reader r{text()};
  check_no_problem(r);
  CHECK_EQUAL(r.value("catchup_certificate_expiry_timestamp_seconds{of=\"https\"}"), 1.801e9);
}

TEST(refusals of the relay and the site show by reason) {
  auto& relay = add("relay", "relay", "running");
  relay.counters = {{"auth_wrong", 4},  {"auth_expired", 3}, {"auth_stale", 2},
                    {"tcp_refused", 5}, {"tcp_idle", 6},     {"tcp_dropped", 7}};
  site.refusals[static_cast<std::size_t>(api_error::timeout)] = 8;
  site.refusals[static_cast<std::size_t>(api_error::unauthorized)] = 9;
  control.resumes = 10;
  site.errors[static_cast<std::size_t>(wire::error_code::resume_unknown)] = 11;
  openmetrics_reader r{text()};
  check_no_problem(r);
  CHECK_EQUAL(r.value("catchup_turn_auth_failures_total{reason=\"wrong\"}"), 4);
  CHECK_EQUAL(r.value("catchup_turn_auth_failures_total{reason=\"expired\"}"), 3);
  CHECK_EQUAL(r.value("catchup_turn_auth_failures_total{reason=\"stale-nonce\"}"), 2);
  CHECK_EQUAL(r.value("catchup_quota_refused_total{quota=\"relay-connections\"}"), 5);
  CHECK_EQUAL(r.value("catchup_quota_refused_total{quota=\"relay-idle-connections\"}"), 6);
  CHECK_EQUAL(r.value("catchup_quota_refused_total{quota=\"relay-slow-connections\"}"), 7);
  CHECK_EQUAL(r.value("catchup_http_refused_total{code=\"timeout\",status=\"408\"}"), 8);
  CHECK_EQUAL(r.value("catchup_http_refused_total{code=\"unauthorized\",status=\"401\"}"), 9);
  CHECK_EQUAL(r.value("catchup_reconnects_total{outcome=\"resumed\"}"), 10);
  CHECK_EQUAL(r.value("catchup_reconnects_total{outcome=\"unknown\"}"), 11);
}

TEST(actors are counted by kind and state and the fullest mailbox shows) {
  add("registry", "registry", "running");
  add("room", "r1", "open").mailbox = {2, 9, 100};
  add("room", "r2", "empty").mailbox = {7, 8, 5};
  add("peer", "p1", "connected");
  add("peer", "p2", "away");
  add("peer", "p3", "connected");
  auto& relay = add("relay", "relay", "running");
  relay.counters = {{"allocations", 1200}, {"allocations_tcp", 200},     {"limited_media", 3},
                    {"allocated", 5},      {"bytes_from_clients", 1000}, {"refused_quota", 4},
                    {"replaced_idle", 6}};
  openmetrics_reader r{text(true)};
  check_no_problem(r);
  CHECK_EQUAL(r.value("catchup_rooms{mode=\"direct\"}"), 2);
  CHECK_EQUAL(r.value("catchup_peers{state=\"connected\"}"), 2);
  CHECK_EQUAL(r.value("catchup_peers{state=\"away\"}"), 1);
  CHECK_EQUAL(r.value("catchup_turn_allocations{proto=\"udp\"}"), 1000);
  CHECK_EQUAL(r.value("catchup_turn_allocations{proto=\"tcp\"}"), 200);
  CHECK_EQUAL(r.value("catchup_quota_refused_total{quota=\"relay-rate\"}"), 3);
  CHECK_EQUAL(r.value("catchup_turn_bytes_total{dir=\"in\"}"), 1000);
  CHECK_EQUAL(r.value("catchup_turn_replaced_total"), 6);
  CHECK_EQUAL(r.value("catchup_actor_mailbox{kind=\"room\"}"), 7);
  CHECK_EQUAL(r.value("catchup_actor_mailbox_high_water{kind=\"room\"}"), 9);
  CHECK_EQUAL(r.value("catchup_quota_refused_total{quota=\"allocations-per-peer\"}"), 4);
  CHECK_EQUAL(r.value("catchup_draining"), 1);
}

TEST(every counter of the relay that belongs to a family is a sample of it) {
  auto& relay = add("relay", "relay", "running");
  std::vector<std::string> samples;
  auto fill = [&](const auto& rows) {
    for (const auto& row : rows) {
      if (row.family == base::families::none)
        continue;
      std::string sample{row.family.name};
      sample += "_total";
      if (!row.family.label.empty())
        sample += "{" + std::string{row.family.label} + "=\"" + std::string{row.label} + "\"}";
      samples.push_back(sample);
      relay.counters.emplace_back(row.name, samples.size());
    }
  };
  fill(actors::relay_counter_rows);
  fill(turn::core_counter_rows);
  fill(media::port_counter_rows);
  CHECK(samples.size() >= 20);
  openmetrics_reader r{text()};
  check_no_problem(r);
  for (std::size_t i = 0; i < samples.size(); ++i)
    CHECK_EQUAL(r.value(samples[i]), i + 1);
}

TEST(refusals of the relay keep the names that dashboards know) {
  openmetrics_reader r{text()};
  for (auto quota :
       {"allocations-per-peer", "allocations", "relay-draining", "relay-in-flight",
        "relay-strangers", "relay-requests", "relay-allocation-rate", "relay-uninvited",
        "relay-rate", "relay-connections", "relay-idle-connections", "relay-slow-connections"})
    CHECK_EQUAL(r.value("catchup_quota_refused_total{quota=\"" + std::string{quota} + "\"}"), 0);
}

TEST(every refusal has a number) {
  control.rooms_full = 1;
  control.members_full = 2;
  control.refused_with(actors::errc::room_full) = 3;
  control.overloaded = 4;
  site.refused = 5;
  site.refused_source = 6;
  site.errors[static_cast<std::size_t>(wire::error_code::too_many)] = 7;
  site.errors[static_cast<std::size_t>(wire::error_code::too_fast)] = 8;
  site.messages_too_large = 9;
  site.queues_full = 10;
  site.too_large = 11;
  control.of(actors::endpoint_kind::livekit_token).refused = 12;
  openmetrics_reader r{text()};
  check_no_problem(r);
  int n = 0;
  for (auto quota :
       {"rooms", "members", "room-cap", "in-flight", "connections", "connections-per-source",
        "sockets", "socket-rate", "socket-message-size", "socket-queue", "request-size"})
    CHECK_EQUAL(r.value("catchup_quota_refused_total{quota=\"" + std::string{quota} + "\"}"), ++n);
  CHECK_EQUAL(r.value("catchup_rate_limited_total{endpoint=\"livekit-token\"}"), 12);
}

TEST(no label names a room or a person) {
  add("room", "0123abcd", "open").last_error = "error of 0123abcd";
  add("peer", "4567cdef", "connected").of = "89ab89ab";
  add("allocation", "11112222", "udp").of = "4567cdef";
  auto all = text();
  for (auto secret : {"0123abcd", "4567cdef", "89ab89ab", "11112222"})
    CHECK(all.find(secret) == std::string::npos);
  static const std::set<std::string> known{"kind",    "mode",  "state",   "reason", "endpoint",
                                           "quota",   "proto", "dir",     "type",   "code",
                                           "version", "le",    "outcome", "status"};
  for (const auto& [name, value] : openmetrics_reader{all}.labels)
    CHECK(known.contains(name));
}

FIXTURE_SCOPE_END()
