#define CAF_SUITE manager
#include "service/manager.hpp"

#include "support/test.hpp"

#include <array>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace catchup;
using namespace std::chrono_literals;

namespace {

constexpr long me = 17;

struct fixture {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  std::string name; // an abstract socket that the kernel chose

  fixture() {
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    REQUIRE_EQUAL(bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof own.sun_family), 0);
    socklen_t size = sizeof own;
    getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size);
    name.assign(own.sun_path, size - offsetof(sockaddr_un, sun_path));
    name[0] = '@';
  }
  ~fixture() { close(fd); }

  std::string heard() const {
    std::array<char, 256> out{};
    auto n = recv(fd, out.data(), out.size(), 0);
    return n < 0 ? "" : std::string{out.data(), static_cast<std::size_t>(n)};
  }
};

service::manager manager(std::vector<base::env_entry> env) { return {env, me}; }

} // namespace

FIXTURE_SCOPE(manager_tests, fixture)

TEST(the service manager hears what it is told) {
  auto m = manager({{"NOTIFY_SOCKET", name}});
  CHECK(m.listens());
  m.say("READY=1\nSTATUS=all is well");
  CHECK_EQUAL(heard(), "READY=1\nSTATUS=all is well");
}

TEST(without a service manager nothing is said) {
  for (auto socket : {"", "x", "relative/path", "/"}) {
    auto m = manager({{"NOTIFY_SOCKET", socket}});
    CHECK(!m.listens());
    m.say("READY=1");
  }
  CHECK(!manager({}).listens());
}

TEST(a socket that is gone or too long disturbs nothing) {
  manager({{"NOTIFY_SOCKET", "/nowhere/at/all"}}).say("READY=1");
  std::string longest = "@" + std::string(300, 'x');
  CHECK(!manager({{"NOTIFY_SOCKET", longest}}).listens());
}

TEST(the watchdog is ours when it names us or nobody) {
  CHECK(manager({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "30000000"}}).watchdog() == 30s);
  CHECK(manager({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "17"}})
            .watchdog() == 30s);
  CHECK(!manager({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "18"}})
             .watchdog());
  CHECK(!manager({{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "soon"}}).watchdog());
  CHECK(!manager({{"NOTIFY_SOCKET", name}}).watchdog());
}

FIXTURE_SCOPE_END()
