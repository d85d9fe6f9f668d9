#!/usr/bin/env bash
# CAF 0.17: a requester is not told that the promise of its response is gone.
#
# Guess: when an actor drops the last copy of a response promise without an answer, CAF answers
# with an error; when it ends while it holds one, with request_receiver_down, as it does for
# requests in the mailbox.
# Seen: 0.17.6 answers in neither case. The request ends with request_timeout, after its whole
# time, and with caf::infinite never. A request that still waits in the mailbox of the
# actor that ends is answered with request_receiver_down at once.
# Matters: every path of a handler with a promise has to deliver, and an actor that asks for
# such an answer needs a finite timeout or a monitor; for plain requests neither is needed.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"

deb_packages libcaf-core0.17=0.17.6-2.1+b1 libcaf-dev=0.17.6-2.1+b1
library=$lab/deb/usr/lib/x86_64-linux-gnu
cat >finding.cpp <<'CPP'
#include <caf/all.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

using namespace caf;
using std::chrono::milliseconds;


behavior responder(event_based_actor* self) {
  auto held = std::make_shared<typed_response_promise<int>>();
  return {
    [=](int n) { return n; },
    [=](const std::string& what) -> result<int> {
      auto promise = self->make_response_promise<int>();
      if (what == "hold") *held = promise;
      return promise;
    },
    [=](double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); self->quit(); },
  };
}

int main() {
  actor_system_config config;
  actor_system system{config};
  scoped_actor self{system};
  auto ask = [&](const char* name, const actor& whom, auto&& message) {
    auto start = std::chrono::steady_clock::now();
    std::string answer;
    self->request(whom, milliseconds(1500), message)
      .receive([&](int n) { answer = std::to_string(n); }, [&](error& e) { answer = system.render(e); });
    auto took = std::chrono::steady_clock::now() - start;
    std::cout << name << ": " << answer << (took < milliseconds(1400) ? ", at once" : ", after 1.5 s") << std::endl;
  };
  auto whom = system.spawn(responder);
  ask("plain", whom, 7);
  ask("promise dropped", whom, std::string("drop"));
  std::thread end([&] {
    std::this_thread::sleep_for(milliseconds(200));
    anon_send_exit(whom, exit_reason::user_shutdown);
  });
  ask("actor ends while it holds the promise", whom, std::string("hold"));
  end.join();
  auto other = system.spawn(responder);
  anon_send(other, 0.2);
  ask("actor ends while the request waits", other, 7);
  ask("actor has ended", other, 7);
}
CPP
g++ -std=c++17 -O0 -isystem deb/usr/include finding.cpp -o finding "$library"/libcaf_core.so.0.17.6 -pthread
export LD_LIBRARY_PATH=$library
seen ./finding
expected <<'TXT'
plain: 7, at once
promise dropped: system_error(request_timeout), after 1.5 s
actor ends while it holds the promise: system_error(request_timeout), after 1.5 s
actor ends while the request waits: system_error(request_receiver_down), at once
actor has ended: system_error(request_receiver_down), at once
TXT
