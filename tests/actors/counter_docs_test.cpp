// The tables of counters and docs/turn.md are one.
#define CAF_SUITE counter_docs
#include "actors/relay_view.hpp"
#include "support/test.hpp"

#include <fstream>
#include <set>
#include <sstream>

using namespace catchup;

namespace {

template <class Rows>
std::string table_of(const Rows& rows) {
  std::string out;
  for (const auto& row : rows) {
    std::string sample;
    if (!(row.family == base::families::none)) {
      sample = "`" + std::string{row.family.name} + "_total";
      if (!row.family.label.empty())
        sample += "{" + std::string{row.family.label} + "=\"" + std::string{row.label} + "\"}";
      sample += "`";
    }
    out += "| `" + std::string{row.name} + "` | " + sample + (sample.empty() ? "| " : " | ") +
           std::string{row.help} + " |\n";
  }
  return out;
}

} // namespace

TEST(docs list every counter as its table has it) {
  std::ifstream file{"docs/turn.md"};
  std::stringstream text;
  text << file.rdbuf();
  auto whole = table_of(turn::core_counter_rows) + table_of(actors::relay_counter_rows) +
               table_of(media::port_counter_rows);
  if (text.str().find(whole) == std::string::npos)
    FAIL_TEST("the table of docs/turn.md, Counters, should be:\n" << whole);
}

TEST(a counter of any table is in the status of the relay under its name) {
  actors::msg::relay_status r;
  std::uint64_t n = 0;
  std::set<std::pair<std::string, std::uint64_t>> expected;
  auto fill = [&](auto& values, const auto& rows) {
    for (const auto& row : rows) {
      values.*row.at = ++n;
      CHECK(expected.emplace(row.name, n).second);
    }
  };
  fill(static_cast<actors::relay_counters&>(r), actors::relay_counter_rows);
  fill(r.core, turn::core_counter_rows);
  fill(r.port, media::port_counter_rows);
  std::set<std::string> names;
  auto shown = actors::relay_view(r).actors.front().counters;
  for (const auto& [name, value] : shown) {
    CHECK(names.insert(name).second); // none twice
    expected.erase({name, value});
  }
  CHECK(expected.empty());
}

TEST(values of the port at one moment are those that its threads counted) {
  media::port_counters live;
  live.tcp_refused = 3;
  live.handshakes_refused = 4;
  auto now = live.totals();
  CHECK_EQUAL(now.tcp_refused, 3u);
  CHECK_EQUAL(now.handshakes_refused, 4u);
}
