// The SFU on a media port of its own, without the rest of the program, for browsers
// and load generators. Commands come as lines on the standard input, answers and
// events go as lines to the standard output; session descriptions are in base64url.
//
//   join ROOM ID NAME      leave ID
//   offer ID SDP           -> answer ID SDP MID=TRACK,...  or  refused ID REASON
//   wish ID TRACK LAYER    LAYER may be `none`
//
// Events: KIND PARTICIPANT TRACK AUDIO VIDEO.
//
// usage: sfu_alone ADDRESS [PORT]      prints `ready PORT`

#include "base/encoding.hpp"
#include "media/port/media_port.hpp"
#include "sfu/shell/sfu_handler.hpp"

#include <array>
#include <iostream>
#include <sstream>

using namespace catchup;
using namespace catchup::sfu;

namespace {

/// Whole lines, from any thread.
void print(const std::string& line) { std::cout << line + "\n" << std::flush; }

struct printer : shell::listener {
  void on_events(std::vector<session::event> events) override {
    static constexpr std::array<const char*, 6> names{"connected", "lost",        "failed",
                                                      "published", "unpublished", "renegotiate"};
    for (auto& e : events) {
      std::ostringstream out;
      out << names[static_cast<std::size_t>(e.what)] << " " << e.participant << " " << e.track
          << " " << e.audio << " " << e.video;
      print(out.str());
    }
  }
};

void offer(shell::sfu_handler& sfu, session::participant_id id, const std::string& text) {
  auto bytes = base::from_base64url(text);
  auto parsed = sdp::parse(bytes ? base::as_text(*bytes) : "");
  if (!parsed)
    return print("refused " + std::to_string(id) + " unreadable");
  sfu.post(shell::offer{id, std::move(*parsed), [id](auto result) {
                          std::ostringstream out;
                          if (result) {
                            out << "answer " << id << " "
                                << base::to_base64url(base::as_bytes(sdp::to_text(result->answer)))
                                << " ";
                            for (auto& [mid, track] : result->tracks)
                              out << mid << "=" << track << ",";
                          } else {
                            out << "refused " << id << " " << static_cast<int>(result.error());
                          }
                          print(out.str());
                        }});
}

void command(shell::sfu_handler& sfu, const std::string& line) {
  std::istringstream in{line};
  std::string word, room, text;
  session::participant_id id = 0;
  session::track_id track = 0;
  in >> word;
  if (word == "join" && in >> room >> id >> text)
    sfu.post(shell::join{room, id, text, {}});
  else if (word == "leave" && in >> id)
    sfu.post(shell::leave{id});
  else if (word == "offer" && in >> id >> text)
    offer(sfu, id, text);
  else if (word == "wish" && in >> id >> track >> text)
    sfu.post(shell::wish{
        id, track, text == "none" ? std::nullopt : std::optional<std::size_t>{std::stoul(text)}});
}

} // namespace

int main(int argc, char** argv) {
  auto address = argc > 1 ? base::ip_address::parse(argv[1]) : std::nullopt;
  if (!address) {
    std::cerr << "usage: sfu_alone ADDRESS [PORT]\n";
    return 2;
  }
  media::port::media_port_config port;
  port.bind = address;
  port.port = static_cast<std::uint16_t>(argc > 2 ? std::stoi(argv[2]) : 0);
  port.tcp = false;
  session::server::config config;
  config.certificate = dtls::certificate::make();
  if (port.port != 0)
    config.candidates = {"1 1 udp 2130706431 " + std::string{argv[1]} + " " + argv[2] +
                         " typ host"};
  auto sfu = std::make_shared<shell::sfu_handler>(std::move(config));
  sfu->subscribe(std::make_shared<printer>());
  media::port::media_port media{port, {{sfu}}};
  media.start();
  print("ready " + std::to_string(media.port()));
  for (std::string line; std::getline(std::cin, line);)
    command(*sfu, line);
  media.stop();
}
