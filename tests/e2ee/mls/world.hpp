#pragma once
// Members, a delivery service and a network between them, in virtual time.

#include "e2ee/mls/delivery.hpp"
#include "support/mls_client.hpp"
#include "support/mls_words.hpp"
#include "support/test.hpp"

#include <map>
#include <memory>
#include <queue>
#include <random>
#include <string>

namespace catchup::test {

using namespace std::chrono_literals;
using e2ee::mls::delivery;

inline base::member_id person(char name) {
  base::member_id id;
  id.value.fill(static_cast<std::byte>(name));
  return id;
}
/// Stands between a client and the service.
struct mls_page {
  explicit mls_page(mls_client c) : client(std::move(c)) {}
  mls_client client;
  bool connected = true;
  bool frozen = false;    ///< hears nothing; what it was sent waits
  bool away = false;      ///< for good
  std::uint64_t line = 0; ///< the number of its connection
  std::vector<e2ee::mls::from_delivery::message> waiting;
  unsigned asked = 0;                  ///< how often to be added
  std::vector<mls_client::todo> later; ///< what it had to do when it froze
  std::vector<std::string> heard;
  base::time_point up{}, down{}; ///< when the last arrives
};

class mls_world {
public:
  explicit mls_world(std::uint64_t seed = 0, e2ee::mls::delivery_config config = {})
    : link(77), config_(config), random_(seed), random_latency_(seed != 0) {
    restart();
  }

  /// The server forgets everything; who was connected has no connection.
  void restart() {
    for (auto& [name, p] : pages)
      cut(*p);
    config_.first_incarnation += 1000;
    service = std::make_unique<e2ee::mls::delivery>(link.tag, config_, now);
  }

  mls_page& enter(char name) {
    auto& p = pages[name];
    p = std::make_unique<mls_page>(mls_client{link, person(name), ++seeds_});
    p->down = p->up = now;
    CHECK(service->enter(now, person(name), link.admission.pub(), share(p->client.fresh()), {}) ==
          e2ee::mls::entry_result::in);
    flush();
    return *p;
  }
  void enter_all(std::string_view names) {
    for (char name : names)
      enter(name);
  }

  /// Admitted again, by a server that does not know it (any more).
  void come_back(char name) {
    auto& p = *pages[name];
    p.connected = true;
    p.down = p.up = now;
    auto& c = p.client;
    auto key_package = share(c.in() ? c.maker().key_package() : c.fresh());
    auto group = c.in() ? std::optional{c.incarnation()} : std::nullopt;
    CHECK(service->enter(now, c.id(), link.admission.pub(), key_package, group) ==
          e2ee::mls::entry_result::in);
    if (c.in())
      send(p, {0, c.resume()});
    flush();
  }

  void leave(char name) {
    auto& p = *pages[name];
    p.away = true;
    cut(p);
    service->leave(now, p.client.id());
    flush();
  }

  /// The connection dies. What the server says waits; what the client said is lost.
  void cut(char name) {
    cut(*pages[name]);
    service->disconnect(now, person(name));
    flush();
  }
  void reconnect(char name) {
    auto& p = *pages[name];
    if (p.connected || p.away)
      return;
    p.connected = true;
    p.up = p.down = now;
    service->connect(now, person(name));
    flush();
    for (auto& m : std::exchange(p.waiting, {}))
      down(p, std::move(m));
    if (p.client.in())
      send(p, {0, p.client.resume()});
    else if (auto again = p.client.join_again())
      send(p, {0, *again});
    else
      send(p, {0, e2ee::mls::to_delivery::join{}});
  }

  void freeze(char name) { pages[name]->frozen = true; }
  void thaw(char name) {
    auto& p = *pages[name];
    p.frozen = false;
    for (auto& m : std::exchange(p.waiting, {}))
      down(p, std::move(m));
    for (auto& todo : std::exchange(p.later, {}))
      send(p, std::move(todo));
  }

  /// A message as it comes from a client, at once.
  bool say(char name, e2ee::mls::to_delivery::message m) {
    auto ok = service->receive(now, person(name), std::move(m));
    flush();
    return ok;
  }

  /// New path keys, one commit after the other.
  void rotate(char name, int times, base::duration pause) {
    for (int i = 0; i < times; ++i) {
      CHECK(say(name, client(name).commit(true)));
      run(pause);
    }
  }

  void at(base::time_point when, std::function<void()> what) {
    events_.push({when, order_++, std::move(what)});
  }

  void run(base::duration time) {
    auto end = now + time;
    for (std::size_t idle = 0;;) {
      auto next = std::min(service->deadline(),
                           events_.empty() ? base::time_point::max() : events_.top().at);
      if (next > end)
        break;
      idle = next > now ? 0 : idle + 1;
      if (idle >= 10'000)
        FAIL_TEST("time stands still");
      now = std::max(now, next);
      if (!events_.empty() && events_.top().at <= now) {
        auto what = events_.top().what;
        events_.pop();
        what();
      } else {
        service->tick(now);
      }
      flush();
    }
    now = end;
  }

  /// Messages to a member since the last call, e.g. `welcome 1, ready 1 A`.
  std::string heard(char name) {
    std::string out;
    for (const auto& words : std::exchange(pages[name]->heard, {}))
      out += (out.empty() ? "" : ", ") + words;
    return out;
  }
  void forget() {
    for (auto& [name, p] : pages)
      p->heard.clear();
  }
  mls_client& client(char name) { return pages[name]->client; }

  /// Empty when all who are there are in one group and nobody else is.
  std::string disagreement() {
    const mls_client* first = nullptr;
    std::map<base::member_id, int> present;
    for (auto& [name, p] : pages) {
      if (p->away)
        continue;
      const auto& c = p->client;
      ++present[c.id()];
      if (c.broken())
        return name_of(c.id()) + " is broken";
      if (!c.in())
        return name_of(c.id()) + " is out";
      if (!first)
        first = &c;
      if (c.incarnation() != first->incarnation() || c.epoch() != first->epoch() ||
          c.tag() != first->tag() || c.roster() != first->roster())
        return name_of(c.id()) + " is elsewhere";
    }
    if (!first)
      return {};
    if (!service->leaves() || service->leaves()->all() != first->roster() ||
        service->epoch() != first->epoch() || service->incarnation() != first->incarnation())
      return "the service is elsewhere";
    for (const auto& [leaf, who] : first->roster())
      if (!present.contains(who))
        return name_of(who) + " is still in";
    return first->roster().size() == present.size() ? "" : "somebody is in twice";
  }

  std::uint64_t random(std::uint64_t below) { return random_() % below; }

  mls_link link;
  base::time_point now{1h};
  std::unique_ptr<e2ee::mls::delivery> service;
  std::map<char, std::unique_ptr<mls_page>> pages;
  /// Whether what the service says reaches this member.
  std::function<bool(const base::member_id&, const e2ee::mls::from_delivery::message&)>
      lets_through;

private:
  struct event {
    base::time_point at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  void cut(mls_page& p) {
    p.connected = false;
    ++p.line;
  }

  base::duration latency() {
    return std::chrono::milliseconds{random_latency_ ? 5 + random(60) : 1};
  }

  void flush() {
    for (auto& out : service->take()) {
      if (lets_through && !lets_through(out.to, out.message))
        continue;
      for (auto& [name, p] : pages)
        if (p->client.id() == out.to)
          down(*p, std::move(out.message));
    }
  }

  void down(mls_page& p, e2ee::mls::from_delivery::message m) {
    if (p.away)
      return;
    if (!p.connected || p.frozen) {
      p.waiting.push_back(std::move(m));
      return;
    }
    p.down = std::max(p.down, now + latency());
    at(p.down, [this, page = &p, m = std::move(m)] {
      auto& q = *page;
      if (q.away)
        return;
      if (!q.connected || q.frozen) {
        q.waiting.push_back(m); // numbered: it comes again
        return;
      }
      q.heard.push_back(mls_words(m.body));
      for (auto& todo : q.client.hear(m))
        at(now + std::chrono::milliseconds{todo.after}, [this, page, todo] { send(*page, todo); });
    });
  }

  /// Like the web app, a member waits eight seconds for a Welcome.
  void expect_welcome(mls_page& p) {
    at(now + 8s, [this, page = &p, asked = ++p.asked] {
      if (page->asked == asked && !page->client.in())
        send(*page, {0, e2ee::mls::to_delivery::join{}});
    });
  }

  void send(mls_page& p, mls_client::todo todo) {
    if (p.frozen)
      p.later.push_back(std::move(todo));
    if (p.away || p.frozen || !p.connected)
      return;
    if (auto* join = std::get_if<e2ee::mls::to_delivery::join>(&todo.message)) {
      if (p.client.in() && join->key_package)
        return; // it was answered after all
      if (!join->key_package)
        *join = p.client.join();
      expect_welcome(p);
    }
    const auto* commit = std::get_if<e2ee::mls::to_delivery::commit>(&todo.message);
    if (commit && (!p.client.in() || commit->epoch != p.client.epoch() ||
                   commit->incarnation != p.client.incarnation()))
      return;
    p.up = std::max(p.up, now + latency());
    at(p.up, [this, page = &p, line = p.line, message = std::move(todo.message)] {
      if (page->line != line || page->away)
        return;
      if (!service->receive(now, page->client.id(), message))
        FAIL_TEST("an honest member is blamed");
    });
  }

  e2ee::mls::delivery_config config_;
  std::mt19937_64 random_;
  bool random_latency_;
  std::priority_queue<event> events_;
  std::uint64_t order_ = 0;
  std::uint64_t seeds_ = 0;
};

/// These people have been in one group for a second and read all of it.
struct mls_call : mls_world {
  explicit mls_call(std::string_view names) {
    enter_all(names);
    run(1s);
    forget();
  }
};

} // namespace catchup::test
