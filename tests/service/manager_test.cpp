#define CAF_SUITE manager
#include "service/manager.hpp"

#include "support/test.hpp"

#include <array>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace catchup;

namespace {

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

service::manager manager(std::vector<base::env_entry> env) { return service::manager{env}; }

} // namespace

FIXTURE_SCOPE(manager_tests, fixture)

TEST(the service manager gets each notification) {
  auto m = manager({{"NOTIFY_SOCKET", name}});
  CHECK(m.listens());
  m.notify("READY=1\nSTATUS=all is well");
  CHECK_EQUAL(heard(), "READY=1\nSTATUS=all is well");
}

TEST(without a service manager nothing is sent) {
  for (auto socket : {"", "x", "relative/path", "/"}) {
    auto m = manager({{"NOTIFY_SOCKET", socket}});
    CHECK(!m.listens());
    m.notify("READY=1");
  }
  CHECK(!manager({}).listens());
}

TEST(a socket that is gone or too long disturbs nothing) {
  manager({{"NOTIFY_SOCKET", "/nowhere/at/all"}}).notify("READY=1");
  std::string longest = "@" + std::string(300, 'x');
  CHECK(!manager({{"NOTIFY_SOCKET", longest}}).listens());
}

FIXTURE_SCOPE_END()
