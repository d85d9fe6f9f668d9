// The operator's listener without its sockets: who may use it, what a path
// means, what changed in the tree, and how much is kept for a slow listener.
#define CAF_SUITE admin_parts
#include "http/admin/access.hpp"
#include "http/admin/feed.hpp"
#include "http/admin/routes.hpp"
#include "http/admin/view.hpp"

#include "support/test.hpp"

using namespace catchup;
using namespace catchup::http::admin;
using namespace std::chrono_literals;

namespace {

const base::time_point start{std::chrono::hours{1}};

struct doorkeeper {
  gate g{"a token of the operator"};

  verdict ask(std::string_view header, base::time_point now = start,
              const std::string& source = "127.0.0.1") {
    return g.check(header, source, now);
  }
};

actors::msg::actor_status actor(std::string kind, std::string name, std::string parent,
                                std::uint64_t age = 5) {
  actors::msg::actor_status out;
  out.kind = std::move(kind);
  out.name = std::move(name);
  out.parent = std::move(parent);
  out.state = "open";
  out.age_seconds = age;
  return out;
}

actors::msg::status small_tree(std::uint64_t age = 5) {
  return {{actor("registry", "registry", "", age), actor("room", "aa", "registry", age),
           actor("peer", "bb", "aa", age)}};
}

} // namespace

// -- tokens -------------------------------------------------------------------

FIXTURE_SCOPE(gate_tests, doorkeeper)

TEST(only the token opens and only as a bearer) {
  CHECK(ask("Bearer a token of the operator") == verdict::granted);
  CHECK(ask("") == verdict::missing);
  CHECK(ask("Basic a token of the operator") == verdict::missing);
  for (auto wrong : {"Bearer ", "Bearer a token of the operato", "Bearer a token of the operators",
                     "Bearer A token of the operator"})
    CHECK(ask(wrong) == verdict::wrong);
  CHECK_EQUAL(g.failures(), 4u);
}

TEST(after ten wrong tokens not even the right one counts until the window ends) {
  for (unsigned i = 0; i < gate::max_failures; ++i)
    CHECK(ask("Bearer x", start + i * 1s) == verdict::wrong);
  CHECK(ask("Bearer a token of the operator", start + 59s) == verdict::locked);
  CHECK(ask("Bearer a token of the operator", start + 60s) == verdict::granted);
}

TEST(no token at all is no failure) {
  for (int i = 0; i < 100; ++i)
    CHECK(ask("") == verdict::missing);
  CHECK(ask("Bearer a token of the operator") == verdict::granted);
}

TEST(another source is not locked out with it) {
  for (unsigned i = 0; i < gate::max_failures; ++i)
    ask("Bearer x");
  CHECK(ask("Bearer a token of the operator", start, "::1") == verdict::granted);
}

TEST(when too many sources failed everybody new waits) {
  for (std::size_t i = 0; i < gate::max_sources; ++i)
    CHECK(ask("Bearer x", start, std::to_string(i)) == verdict::wrong);
  CHECK(ask("Bearer a token of the operator", start, "new") == verdict::locked);
  CHECK(ask("Bearer a token of the operator", start, "5") ==
        verdict::granted); // known, failed once
  CHECK(ask("Bearer a token of the operator", start + 60s, "new") == verdict::granted);
}

FIXTURE_SCOPE_END()

// -- names of this machine ----------------------------------------------------

TEST(a host is this machine or the address listened on and no name that points here) {
  for (auto host : {"localhost", "localhost:8001", "127.0.0.1:9", "[::1]:8001", "127.0.0.2"})
    CHECK(is_own_host(host, "127.0.0.1"));
  CHECK(is_own_host("10.0.0.5:8001", "10.0.0.5"));
  for (auto host : {"", "evil.test", "evil.test:8001", "localhost.evil.test", "10.0.0.6:8001",
                    "127.0.0.1.evil.test", "a b", "localhost@evil.test"})
    CHECK(!is_own_host(host, "10.0.0.5"));
}

TEST(an origin is the page itself) {
  CHECK(is_own_origin("", "localhost:8001"));
  CHECK(is_own_origin("http://localhost:8001", "localhost:8001"));
  CHECK(is_own_origin("https://localhost:8001", "localhost:8001"));
  for (auto origin : {"null", "http://localhost:8000", "http://localhost", "http://evil.test",
                      "localhost:8001", "ftp://localhost:8001"})
    CHECK(!is_own_origin(origin, "localhost:8001"));
}

// -- paths --------------------------------------------------------------------

TEST(a path names what is wanted and of whom) {
  CHECK(route_of("/admin/").what == target::page);
  CHECK(route_of("/admin").what == target::root);
  CHECK(route_of("/").what == target::root);
  CHECK(route_of("/metrics").what == target::metrics);
  CHECK(route_of("/admin/assets/a.js").what == target::asset);
  CHECK(route_of("/admin/api/tree").what == target::tree);
  auto kick = route_of("/admin/api/peers/1a2b/kick");
  CHECK(kick.what == target::kick_peer);
  CHECK_EQUAL(kick.id, "peer:1a2b");
  CHECK(route_of("/admin/api/rooms/1a2b/lock").what == target::lock_room);
  CHECK(route_of("/admin/api/rooms/1a2b/unlock").what == target::unlock_room);
  auto kill = route_of("/admin/api/actors/limiter:create-room/kill");
  CHECK(kill.what == target::kill_actor);
  CHECK_EQUAL(kill.id, "limiter:create-room");
  CHECK_EQUAL(route_of("/admin/api/rooms/ff").id, "room:ff");
}

TEST(what is not a path of ours is nothing) {
  for (auto path :
       {"", "/x", "/metrics/", "/admin/api", "/admin/api/", "/admin/api/trees", "/admin/api/rooms/",
        "/admin/api/rooms//close", "/admin/api/rooms/ff/", "/admin/api/rooms/ff/kick",
        "/admin/api/rooms/FF/close", "/admin/api/rooms/../close", "/admin/api/rooms/ff/close/x",
        "/admin/api/peers/%2e/kick"})
    CHECK(route_of(path).what == target::nothing || route_of(path).what == target::asset);
  CHECK(route_of("/admin/api/rooms/" + std::string(65, 'a')).what == target::nothing);
}

TEST(what changes something is posted and everything but the page is guarded) {
  for (auto t : {target::close_room, target::lock_room, target::unlock_room, target::kick_peer,
                 target::close_allocation, target::kill_actor, target::drain, target::undrain,
                 target::log_level}) {
    CHECK(is_action(t));
    CHECK(is_guarded(t));
    CHECK(is_allowed(t, http::method::post));
    CHECK(!is_allowed(t, http::method::get));
  }
  for (auto t : {target::metrics, target::status, target::tree, target::events, target::limits}) {
    CHECK(is_guarded(t));
    CHECK(is_allowed(t, http::method::get));
    CHECK(!is_allowed(t, http::method::post));
  }
  CHECK(!is_guarded(target::page));
  CHECK(!is_guarded(target::asset));
}

// -- the tree -----------------------------------------------------------------

TEST(the first tree is all news and the same again is none) {
  tree_view v;
  v.update(small_tree(), 1000);
  CHECK(v.changes().find("\"id\":\"peer:bb\",\"kind\":\"peer\",\"name\":\"bb\","
                         "\"parent\":\"room:aa\"") != std::string::npos);
  CHECK(v.changes().find("\"id\":\"registry:registry\"") != std::string::npos);
  v.update(small_tree(), 1000);
  CHECK(v.changes().empty());
}

TEST(to grow older is no change) {
  tree_view v;
  v.update(small_tree(5), 1000);
  v.update(small_tree(6), 1001);
  CHECK(v.changes().empty());
  v.update(small_tree(6), 1002); // the second was about to be full
  CHECK(v.changes().empty());
}

TEST(another actor of the same name began at another time) {
  tree_view v;
  v.update(small_tree(50), 1000);
  auto next = small_tree(60);
  next.actors[1].age_seconds = 0;
  v.update(next, 1010);
  CHECK(v.changes().find("room:aa") != std::string::npos);
  CHECK(v.changes().find("\"since\":1010") != std::string::npos);
  CHECK(v.changes().find("peer:bb\",\"kind") == std::string::npos);
}

TEST(what is gone is said once) {
  tree_view v;
  v.update(small_tree(), 1000);
  auto less = small_tree();
  less.actors.pop_back();
  v.update(less, 1000);
  CHECK_EQUAL(v.changes(), "{\"changed\":[],\"gone\":[\"peer:bb\"]}");
  v.update(less, 1000);
  CHECK(v.changes().empty());
}

TEST(a node is found with those directly below it) {
  tree_view v;
  v.update(small_tree(), 1000);
  REQUIRE(v.find("room:aa"));
  auto text = v.with_children(*v.find("room:aa"));
  CHECK(text.starts_with("{\"node\":{\"id\":\"room:aa\""));
  CHECK(text.find("\"children\":[{\"id\":\"peer:bb\"") != std::string::npos);
  CHECK(!v.find("room:zz"));
  auto tree = small_tree();
  auto& allocation = tree.actors.emplace_back();
  allocation.kind = "allocation";
  allocation.name = "cc";
  allocation.parent = "relay";
  allocation.of = "bb";
  v.update(tree, 1000);
  auto peer = v.with_children(*v.find("peer:bb"));
  CHECK(peer.find("\"children\":[{\"id\":\"allocation:cc\"") != std::string::npos);
  CHECK(v.of_kind("limiter") == "[]");
}

// -- listeners ----------------------------------------------------------------

TEST(a listener is behind at first and then gets what is new) {
  feed f;
  CHECK(f.behind());
  f.push(std::make_shared<std::string>("old"));
  CHECK(!f.pop());
  f.caught_up();
  CHECK(f.empty());
  f.push(std::make_shared<std::string>("new"));
  REQUIRE(!f.empty());
  CHECK_EQUAL(*f.pop(), "new");
  CHECK(!f.pop());
}

TEST(a listener that takes nothing is behind at the bound and keeps nothing) {
  for (std::size_t size : {std::size_t{1}, feed::max_bytes / 4}) {
    feed f;
    f.caught_up();
    auto event = std::make_shared<const std::string>(size, 'x');
    std::size_t pushed = 0;
    for (; !f.behind() && pushed < 1000; ++pushed)
      f.push(event);
    CHECK_EQUAL(pushed, size == 1 ? feed::max_events + 1 : 5u);
    CHECK_EQUAL(event.use_count(), 1);
    CHECK(!f.pop());
  }
}

TEST(an event is a name and a line) {
  CHECK_EQUAL(event_text("log", "{}"), "event: log\ndata: {}\n\n");
}
