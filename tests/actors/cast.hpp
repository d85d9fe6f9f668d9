#pragma once
// Members in the tests of the control plane, with one letter for a
// name, and a connection that writes down what it is told.

#include "actors/inner_api.hpp"
#include "actors/register.hpp"
#include "actors/room.hpp"
#include "base/encoding.hpp"
#include "support/actor_fixture.hpp"
#include "support/mls_maker.hpp"
#include "support/mls_words.hpp"

#include <caf/typed_event_based_actor.hpp>

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace catchup::test {

using namespace std::chrono_literals;
using namespace actors;

inline base::member_id member(char name) {
  base::member_id id;
  id.value.fill(static_cast<std::byte>(name));
  return id;
}

/// The link of a room, which has one letter for a name as well.
inline mls_link link_of(char room) { return mls_link{static_cast<std::uint64_t>(room)}; }
inline base::room_tag room_tag(char room) { return link_of(room).tag; }

inline signal::shared_bytes bytes_of(std::string_view text) {
  return std::make_shared<const base::buffer>(base::to_buffer(base::as_bytes(text)));
}

/// A message as a few words, e.g. `app A hello`.
struct in_words {
  std::string operator()(const signal::event& e) const { return std::visit(*this, e); }
  std::string operator()(const signal::welcome& w) const {
    std::string out = "welcome";
    for (const auto& m : w.members)
      out += " " + name_of(m.id) + (m.away ? "(away)" : "");
    return out;
  }
  std::string operator()(const signal::joined& j) const { return "joined " + name_of(j.member.id); }
  std::string operator()(const signal::left& l) const {
    static constexpr std::array reasons{"left", "lost", "kicked", "crashed"};
    return "left " + name_of(l.id) + " " + reasons.at(static_cast<std::size_t>(l.reason));
  }
  std::string operator()(const signal::away& a) const { return "away " + name_of(a.id); }
  std::string operator()(const signal::back& b) const { return "back " + name_of(b.id); }
  std::string operator()(const signal::app& a) const {
    return "app " + name_of(a.from) + " " + std::string{base::as_text(*a.data)};
  }
  std::string operator()(const signal::mls& m) const { return "mls " + mls_words(m.body); }
  std::string operator()(const signal::resumed& r) const {
    return "resumed " + std::to_string(r.ack);
  }
  std::string operator()(const signal::pong& p) const { return "pong " + std::to_string(p.ack); }
  std::string operator()(const signal::bye& b) const {
    static constexpr std::array reasons{"left",     "kicked",   "room-restarted",
                                        "draining", "replaced", "slow"};
    return std::string{"bye "} + reasons.at(static_cast<std::size_t>(b.reason));
  }
  std::string operator()(const signal::draining& d) const {
    return d.on ? "draining" : "draining no more";
  }
  std::string operator()(const signal::fault&) const { return "fault"; }
};

/// Takes up to `capacity` messages.
class fake_sink final : public client_sink {
public:
  explicit fake_sink(std::size_t capacity) : capacity_(capacity) {}

  bool push(std::uint32_t n, const signal::message& m) override {
    if (closed || taken_ >= capacity_)
      return false;
    ++taken_;
    messages.push_back(m);
    auto words = std::visit(in_words{}, m);
    add(said_, n == 0 ? words : std::to_string(n) + " " + words);
    if (!words.starts_with("mls "))
      add(heard_, words);
    return true;
  }

  void close() override { closed = true; }

  /// All that was said since the last call, e.g. `1 welcome, 2 joined B`.
  std::string said() {
    heard_.clear();
    return std::exchange(said_, {});
  }
  /// The same without numbers and without what is of the group.
  std::string heard() {
    said_.clear();
    return std::exchange(heard_, {});
  }

  bool closed = false;
  std::vector<signal::message> messages;

private:
  static void add(std::string& list, const std::string& words) {
    list += (list.empty() ? "" : ", ") + words;
  }

  std::size_t capacity_;
  std::size_t taken_ = 0;
  std::string said_, heard_;
};

using fake_sink_ptr = std::shared_ptr<fake_sink>;

inline fake_sink_ptr new_sink(std::size_t capacity = std::numeric_limits<std::size_t>::max()) {
  return std::make_shared<fake_sink>(capacity);
}

struct control_config : caf::actor_system_config {
  control_config() { add_control_messages(*this); }
};

struct cast : actor_fixture<control_config> {
  room_config config() {
    room_config out;
    out.cap = 4;
    out.peer.make_session = [n = 0](const base::room_tag&, const base::member_id& id) mutable {
      return "session " + name_of(id) + std::to_string(++n);
    };
    out.observers = {observer};
    return out;
  }

  /// With a key package, but nobody who answers the group.
  static msg::join join_of(char room, char who, const client_sink_ptr& sink) {
    auto link = link_of(room);
    mls_maker maker{link, member(who), static_cast<std::uint64_t>(who)};
    return {link.tag,
            member(who),
            std::make_shared<const base::buffer>(maker.key_package()),
            bytes_of("name"),
            std::make_shared<const base::buffer>(base::to_buffer(link.admission.pub())),
            {},
            sink};
  }
  /// `who` has the session of `ghost`, whose page is gone.
  static msg::join replacing(char ghost, msg::join m) {
    m.replaces = member(ghost);
    return m;
  }
  static msg::resume resume_of(char room, char who, std::uint32_t ack,
                               const client_sink_ptr& sink) {
    return {room_tag(room), member(who), ack, sink};
  }

  /// The counters of the first actor of a kind, and its state under "state".
  template <class Handle>
  msg::actor_status status_of(const Handle& from, std::string_view kind) {
    for (auto& a : ask<msg::status>(from, msg::get_status{}).actors)
      if (a.kind == kind)
        return a;
    FAIL_TEST("no such actor in the status");
    return {};
  }
  static std::uint64_t counter(const msg::actor_status& of, std::string_view name) {
    for (const auto& [key, value] : of.counters)
      if (key == name)
        return value;
    FAIL_TEST("no such counter");
    return 0;
  }

  /// The changes that every room told its observers since the last call, e.g. `joined A, ended A`.
  std::string memberships() { return std::exchange(*changes_, {}); }

private:
  static membership_observer::behavior_type write_down(membership_observer::pointer,
                                                       std::shared_ptr<std::string> to) {
    return {[to = std::move(to)](const msg::membership& m) {
      static constexpr std::array words{"joined ", "may return ", "ended "};
      *to += (to->empty() ? "" : ", ") + std::string{words.at(static_cast<std::size_t>(m.change))} +
             name_of(m.member);
    }};
  }

  std::shared_ptr<std::string> changes_ = std::make_shared<std::string>();

protected:
  membership_observer observer = sys.spawn(write_down, changes_);
};

} // namespace catchup::test
