#define CAF_SUITE self_probe
#include "service/self_probe.hpp"

#include "support/test.hpp"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace catchup;
using namespace std::chrono_literals;
using service::self_probe;

namespace {

/// A program that stands in for ours, and a clock that we move.
struct fixture {
  ~fixture() { unlink(path.c_str()); }

  void program(const std::string& script) {
    std::ofstream{path} << "#!/bin/sh\n" << script << '\n';
    chmod(path.c_str(), 0700);
  }

  /// Until the child has ended, which it does by itself; it is left to be looked at.
  static void wait_for_child() {
    siginfo_t info{};
    REQUIRE_EQUAL(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
  }

  static std::string trouble(const self_probe& p, std::string_view name) {
    auto found = p.result();
    auto i = std::ranges::find(found.all, name, &base::self_check::name);
    REQUIRE(i != found.all.end());
    return i->trouble;
  }

  std::string path = "/tmp/catchup-probe-" + std::to_string(getpid());
  self_probe::schedule when{2s, 12h, 5min, 60s};
  base::time_point now{1000s};
};

} // namespace

FIXTURE_SCOPE(self_probe_tests, fixture)

TEST(it looks soon after the start and then twice a day) {
  program("[ \"$1\" = probe ] && echo 'relay-udp 0 ok'");
  self_probe p{path, when, now};
  CHECK(!p.look(now + 1s));
  CHECK_EQUAL(p.result().at, 0);
  CHECK(!p.look(now + 2s)); // has begun
  wait_for_child();
  CHECK(p.look(now + 3s));
  CHECK(p.result().at != 0);
  REQUIRE_EQUAL(p.result().all.size(), 1u);
  CHECK(p.result().all.front().ok);
  CHECK(!p.look(now + 12h));
  CHECK(waitpid(-1, nullptr, WNOHANG) < 0); // nobody was started
  CHECK(!p.look(now + 12h + 3s));
  wait_for_child();
  CHECK(p.look(now + 12h + 4s));
}

TEST(after a fault it looks again in five minutes) {
  program("echo 'relay-udp 0 failed no answer'");
  self_probe p{path, when, now};
  p.look(now + 2s);
  wait_for_child();
  REQUIRE(p.look(now + 3s));
  CHECK_EQUAL(trouble(p, "relay-udp"), "no answer");
  program("echo 'relay-udp 0 ok'");
  p.look(now + 303s);
  wait_for_child();
  REQUIRE(p.look(now + 304s));
  CHECK_EQUAL(trouble(p, "relay-udp"), "");
}

TEST(one that does not end is ended) {
  program("echo 'relay-udp 0 ok'; exec sleep 600");
  self_probe p{path, when, now};
  p.look(now + 2s);
  CHECK(!p.look(now + 61s));
  CHECK(p.look(now + 62s));
  CHECK_EQUAL(trouble(p, "probe"), "did not end in time");
  CHECK(waitpid(-1, nullptr, WNOHANG) < 0);
}

TEST(one that is not there or says nothing is a fault) {
  self_probe gone{"/nonexistent", when, now};
  CHECK(gone.look(now + 2s));
  CHECK_EQUAL(trouble(gone, "probe"), "could not be started");
  program("exit 1");
  self_probe silent{path, when, now};
  silent.look(now + 2s);
  wait_for_child();
  CHECK(silent.look(now + 3s));
  CHECK_EQUAL(trouble(silent, "probe"), "said nothing");
}

TEST(no more is kept of what it says than makes sense) {
  program("yes 'relay-udp 0 ok' | head -c 50000");
  self_probe p{path, when, now};
  p.look(now + 2s);
  wait_for_child();
  REQUIRE(p.look(now + 3s));
  CHECK_EQUAL(p.result().all.size(), 8u);
}

TEST(it is ended with us) {
  program("exec sleep 600");
  std::optional<self_probe> p;
  p.emplace(path, when, now);
  p->look(now + 2s);
  p.reset();
  CHECK(waitpid(-1, nullptr, WNOHANG) < 0);
}

TEST(it gets no socket of ours) {
  auto kept = dup(STDERR_FILENO); // not closed on exec
  program("[ -e /proc/self/fd/" + std::to_string(kept) +
          " ] && echo 'kept 0 ok' || echo 'closed 0 ok'");
  self_probe p{path, when, now};
  p.look(now + 2s);
  wait_for_child();
  REQUIRE(p.look(now + 3s));
  CHECK_EQUAL(p.result().all.front().name, "closed");
  close(kept);
}

FIXTURE_SCOPE_END()
