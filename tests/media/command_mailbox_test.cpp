#define CAF_SUITE command_mailbox
#include "media/port/command_mailbox.hpp"

#include "support/test.hpp"

#include <poll.h>
#include <string>

using namespace catchup;

namespace {

struct listener {
  std::string name;
};
using mailbox = media::port::command_mailbox<int, listener>;

/// Commands that came, and `+name` for a new subscriber.
std::string taken(mailbox& m) {
  std::string out;
  m.take([&](int c) { out += std::to_string(c) + ' '; },
         [&] { out += "+" + m.events()->name + ' '; });
  return out;
}

bool readable(const mailbox& m) {
  pollfd p{m.wake_fd(), POLLIN, 0};
  return ::poll(&p, 1, 0) == 1;
}

} // namespace

TEST(commands and subscriptions come in the order in which they were asked for) {
  mailbox m{10};
  auto a = std::make_shared<listener>(listener{"a"}), b = std::make_shared<listener>(listener{"b"});
  CHECK(!readable(m));
  m.post(1);
  m.subscribe(a);
  m.post(2);
  m.subscribe(b);
  m.unsubscribe(a.get()); // has been replaced
  m.post(3);
  CHECK(readable(m));
  CHECK_EQUAL(taken(m), "1 +a 2 +b 3 ");
  CHECK(m.events() == b.get());
  CHECK_EQUAL(a.use_count(), 1);
  m.unsubscribe(b.get());
  CHECK_EQUAL(taken(m), "");
  CHECK(m.events() == nullptr);
  CHECK_EQUAL(b.use_count(), 1);
  CHECK(!readable(m));
}

TEST(a full queue takes what must get in and nothing else) {
  mailbox m{2};
  CHECK(m.post(1));
  CHECK(m.post(2));
  CHECK(!m.post(3));
  CHECK(m.post(4, true));
  CHECK_EQUAL(taken(m), "1 2 4 ");
  CHECK(m.post(5));
}

TEST(a reserved place counts until it is used or given back) {
  mailbox m{2};
  CHECK(m.reserve());
  CHECK(m.post(1));
  CHECK(!m.post(2));
  CHECK(!m.reserve());
  CHECK(m.reserve(true));
  m.give_back();
  CHECK(!m.post(2));
  m.post_reserved(3);
  CHECK(!m.post(4));
  CHECK_EQUAL(taken(m), "1 3 ");
  CHECK(m.reserve());
  m.give_back();
  CHECK(m.post(5));
  CHECK(m.post(6));
}

TEST(after the end nothing is taken and nobody is held) {
  mailbox m{2};
  auto a = std::make_shared<listener>(listener{"a"});
  m.subscribe(a);
  taken(m);
  m.post(1);
  CHECK(m.reserve());
  m.close();
  CHECK_EQUAL(a.use_count(), 1);
  CHECK(!m.post(2));
  CHECK(!m.post(2, true));
  CHECK(!m.reserve(true));
  m.post_reserved(3);
  m.subscribe(a);
  CHECK_EQUAL(a.use_count(), 1);
  CHECK_EQUAL(taken(m), "");
}
