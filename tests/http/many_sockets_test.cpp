#define CAF_SUITE http_many_sockets
#include "http/support/running_site.hpp"
#include "support/test.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <thread>

using namespace catchup;
using namespace catchup::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t wanted = 2000;

/// Both ends of every socket are in this process.
std::size_t affordable_sockets() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  return std::min(wanted, (static_cast<std::size_t>(files.rlim_cur) - 64) / 2);
}

std::size_t heap_in_use() {
  auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

} // namespace

FIXTURE_SCOPE(many_sockets_tests, running_site)

TEST(thousands of idle callers cost little and go without a trace) {
  auto count = affordable_sockets();
  std::vector<ws_client> lines;
  lines.reserve(count);
  auto before = heap_in_use();
  for (std::size_t i = 0; i < count; ++i) {
    // Two callers a room, behind one proxy.
    auto address = "10.1." + std::to_string(i / 250) + '.' + std::to_string(i % 250 + 1);
    lines.emplace_back(server->port(), "http://localhost", "X-Forwarded-For: " + address + "\r\n");
    auto who = person(i % 2 == 0 ? 'a' : 'b');
    sign_keys::seed_bytes seed{};
    std::memcpy(seed.data(), &i, sizeof i);
    seed[0] &= 0xfe; // the same for both
    who.keys = link_keys{seed};
    who.room = who.keys.room(config, base::unix_now());
    REQUIRE_EQUAL(lines.back().enter(who).t(), "welcome");
  }
  CHECK_EQUAL(server->counters().sockets, count);
  auto each = (heap_in_use() - before) / count;
  CAF_MESSAGE("sockets: " << count << ", heap bytes for each socket, its member, half a room and "
                          << "its client: " << each);
  CHECK(each < 24 * 1024);

  lines.clear();
  for (int i = 0; i < 1000 && server->counters().connections != 0; ++i)
    std::this_thread::sleep_for(10ms);
  CHECK_EQUAL(server->counters().sockets, 0u);
  CHECK_EQUAL(server->counters().connections, 0u);
  CHECK_EQUAL(connect().get("/healthz").status, 200);
}

FIXTURE_SCOPE_END()
