// Two clients of a room say anything; the messages to them stay well formed and the room
// within its limits. The input is a list of messages: a byte that chooses the client and
// the time that passes, two bytes of length, and the message.

#include "sfu/signal/join_request.hpp"
#include "sfu/signal/reading.hpp"
#include "sfu/signal/room.hpp"

#include <cstdlib>

using namespace catchup;

namespace {

namespace plane = sfu::signal::media;

void require(bool b) {
  if (!b)
    std::abort();
}

struct world {
  base::time_point now{std::chrono::hours{1}};
  sfu::signal::room room{"room", 1, 1000, {}};
  std::uint64_t last_track = 0;

  void enter(const std::string& identity) {
    livekit::JoinRequest r;
    r.mutable_client_info()->set_protocol(17);
    r.mutable_connection_settings()->set_auto_subscribe(true);
    sfu::signal::grants who;
    who.room = "room";
    who.identity = identity;
    who.can_update_metadata = true;
    room.enter(now, 1000, who, r);
  }

  /// Does as the media server would.
  void on(const plane::declare& c) {
    sfu::session::event e;
    e.what = sfu::session::event::kind::published;
    e.participant = c.participant;
    e.track = ++last_track;
    e.media = c.declaration.kind;
    e.label = c.declaration.label;
    room.hear(now, e);
  }
  void on(const plane::offer& c) {
    sfu::session::server::negotiated out;
    for (std::size_t i = 0; i < c.description.sections.size() && i < last_track; ++i)
      out.tracks.emplace(c.description.sections[i].mid, i + 1);
    room.hear(now, plane::answered{c.participant, std::move(out)});
  }
  template <class Other>
  void on(const Other&) {}

  void carry_out() {
    for (int rounds = 0; rounds < 20; ++rounds) {
      auto all = room.take_outputs();
      if (all.empty())
        return;
      for (auto& o : all) {
        if (auto s = std::get_if<sfu::signal::send>(&o)) {
          livekit::SignalResponse m;
          require(m.ParseFromArray(s->message->data(), static_cast<int>(s->message->size())));
          require(m.message_case() != livekit::SignalResponse::MESSAGE_NOT_SET);
        } else if (auto c = std::get_if<plane::command>(&o)) {
          std::visit([this](auto& one) { on(one); }, *c);
        }
      }
    }
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sfu::signal::read_join_request({reinterpret_cast<const char*>(data), size});
  world w;
  w.enter("alice");
  w.enter("bob");
  w.carry_out();
  while (size >= 3 && w.room.size() > 0) {
    auto choice = data[0];
    std::size_t length = static_cast<std::size_t>(data[1]) << 8 | data[2];
    length = std::min(length, size - 3);
    base::const_bytes message{reinterpret_cast<const std::byte*>(data + 3), length};
    data += 3 + length;
    size -= 3 + length;
    auto read = sfu::signal::read_message(1000, message);
    if (auto r = std::get_if<livekit::SignalRequest>(&read))
      w.room.receive(w.now, 1 + (choice & 1), *r);
    w.carry_out();
    w.now += std::chrono::milliseconds{choice};
    w.room.tick(w.now);
    w.carry_out();
    require(w.room.size() <= 2);
  }
  return 0;
}
