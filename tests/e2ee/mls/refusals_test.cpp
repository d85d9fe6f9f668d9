// Welcomes that their joiners cannot use, and joiners that only say so.
#define CAF_SUITE refusals
#include "e2ee/mls/world.hpp"

using namespace catchup;
using namespace catchup::e2ee::mls;
using test::mls_call;
using test::person;
using namespace std::chrono_literals;

namespace {

/// A joiner whose page is frozen: the test answers in its place.
struct refusing_call : mls_call {
  explicit refusing_call(std::string_view names) : mls_call(names) {}

  void arrive(char name) {
    enter(name);
    freeze(name);
    run(200ms);
  }
  /// Its Welcome, the newest, was of no use: it asks again.
  bool refuse(char name) { return refuse(name, service->log().last()); }
  bool refuse(char name, std::uint64_t seq) {
    auto fresh = test::share(client(name).maker().key_package());
    auto ok = say(name, to_delivery::join{fresh, seq});
    run(200ms);
    return ok;
  }
  /// The members that commit requests named since the last call, e.g. `A C`.
  std::string asked(char observer) {
    std::string out, words = heard(observer);
    for (auto at = words.find(" by "); at != words.npos; at = words.find(" by ", at + 1))
      out += (out.empty() ? "" : " ") + words.substr(at + 4, 1);
    return out;
  }
};

} // namespace

TEST(a joiner that refuses a Welcome is added by another member) {
  refusing_call w{"AC"};
  w.arrive('B');
  CHECK_EQUAL(w.asked('C'), "A");
  CHECK(w.refuse('B'));
  CHECK_EQUAL(w.asked('C'), "C");
  CHECK_EQUAL(w.service->totals().refused_welcomes, 1u);
}

TEST(one refusal changes nothing for other joiners) {
  refusing_call w{"AC"};
  w.arrive('B');
  w.refuse('B');
  w.forget();
  w.leave('B');
  w.run(200ms);
  w.enter('D');
  w.run(200ms);
  CHECK_EQUAL(w.asked('C'), "A A");
}

TEST(after refusals of two joiners a committer is asked last for a minute) {
  refusing_call w{"AC"};
  for (char joiner : {'B', 'D'}) {
    w.arrive(joiner);
    w.refuse(joiner);
  }
  w.forget();
  w.enter('E');
  w.run(200ms);
  CHECK_EQUAL(w.asked('C'), "C");
  w.run(60s);
  w.forget();
  w.enter('F');
  w.run(200ms);
  CHECK_EQUAL(w.asked('C'), "A");
}

TEST(a committer that is asked last is still asked when nobody else answers) {
  refusing_call w{"AC"};
  w.arrive('B');
  w.freeze('C');
  w.refuse('B');
  w.forget();
  w.run(1s);
  CHECK_EQUAL(w.asked('A'), "A");
  CHECK(w.service->pending().empty());
}

TEST(a Welcome of use ends what was held against its committer) {
  refusing_call w{"AC"};
  w.arrive('B');
  w.refuse('B');
  w.enter('E'); // added by A, and content
  w.run(200ms);
  w.arrive('D');
  w.refuse('D');
  w.forget();
  w.enter('F');
  w.run(200ms);
  CHECK_EQUAL(w.asked('E'), "A");
}

TEST(a committer cannot add a joiner again that refused it by being faster) {
  refusing_call w{"AC"};
  w.arrive('B');
  w.freeze('C');
  w.say('B', to_delivery::join{test::share(w.client('B').maker().key_package()),
                               w.service->log().last()});
  w.run(35ms); // C is asked
  w.forget();
  CHECK(w.say('A', w.client('A').commit()));
  w.run(10ms);
  CHECK_EQUAL(w.heard('A'), "rejected 2 stale");
  w.run(2s);
  CHECK(w.service->pending().empty()); // C did not answer, so A was asked
}

TEST(a joiner that refuses everybody is not believed) {
  refusing_call w{"ACE"};
  w.arrive('B');
  for (int i = 0; i < 3; ++i)
    w.refuse('B');
  CHECK_EQUAL(w.asked('C'), "A C E A");
  w.arrive('D');
  CHECK_EQUAL(w.asked('C'), "A");
}

TEST(a refusal counts only for the Welcome that the joiner was sent and once) {
  refusing_call w{"AC"};
  w.arrive('B');
  auto seq = w.service->log().last();
  CHECK(w.refuse('B', seq + 1));
  CHECK_EQUAL(w.service->totals().refused_welcomes, 0u);
  seq = w.service->log().last(); // B was added again
  CHECK(w.refuse('C', seq));
  CHECK_EQUAL(w.service->totals().refused_welcomes, 0u);
  CHECK(w.refuse('B', seq));
  CHECK_EQUAL(w.service->totals().refused_welcomes, 1u);
  CHECK(w.refuse('B', seq));
  CHECK_EQUAL(w.service->totals().refused_welcomes, 1u);
}

TEST(a joiner whose only committer makes Welcomes of no use founds a new group) {
  refusing_call w{"A"};
  auto before = w.service->incarnation();
  w.arrive('B');
  w.refuse('B');
  CHECK_EQUAL(w.service->incarnation(), before);
  w.refuse('B');
  CHECK(w.service->incarnation() > before);
  w.thaw('B');
  w.run(2s);
  CHECK_EQUAL(w.disagreement(), "");
}

TEST(a liar cannot have a group replaced more often than by crying fork) {
  refusing_call w{"A"};
  w.arrive('B');
  auto before = w.service->incarnation();
  for (int i = 0; i < 30; ++i) {
    w.refuse('B');
    w.run(5s);
  }
  CHECK(w.service->incarnation() - before <= 3 + 160 / 20);
}
