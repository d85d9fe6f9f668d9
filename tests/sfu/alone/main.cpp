// The SFU on a media port of its own, without the rest of the program, for browsers
// and load generators. A TURN server (secret `s3cr3t`) on the same port leads to it. Commands come
// as lines on the standard input, answers and events go as lines to the standard output; session
// descriptions are in base64url.
//
//   join ROOM ID NAME      leave ID
//   offer ID SDP           -> answer ID SDP MID=TRACK,...  or  refused ID REASON
//   wish ID TRACK LAYER    LAYER may be `none`
//
// Events: KIND PARTICIPANT TRACK AUDIO VIDEO.
//
// usage: sfu_alone ADDRESS [PORT [CANDIDATES [FOLDER]]]      prints `ready PORT`
// CANDIDATES: all, udp or tcp. FOLDER: fullchain.pem and privkey.pem for TLS.

#include "base/encoding.hpp"
#include "media/port/media_port.hpp"
#include "sfu/ice/candidates.hpp"
#include "sfu/shell/sfu_handler.hpp"
#include "turn/little_relay.hpp"
#include "turn/shell/turn_handler.hpp"

#include <array>
#include <fstream>
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

std::string text_of(const std::string& path) {
  std::ifstream in{path};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::shared_ptr<media::port::tls_slot> tls_of(const std::string& folder) {
  auto identity = media::tls_identity::load(text_of(folder + "/fullchain.pem"),
                                            text_of(folder + "/privkey.pem"));
  if (!identity)
    throw std::runtime_error(identity.error());
  auto out = std::make_shared<media::port::tls_slot>();
  out->set(*identity);
  return out;
}

std::vector<std::string> candidates_of(const base::endpoint& at, const std::string& which) {
  auto out = ice::host_candidates(std::array{at}, which != "udp");
  if (which == "tcp")
    out.erase(out.begin());
  return out;
}

} // namespace

int main(int argc, char** argv) {
  auto address = argc > 1 ? base::ip_address::parse(argv[1]) : std::nullopt;
  if (!address) {
    std::cerr << "usage: sfu_alone ADDRESS [PORT [CANDIDATES [FOLDER]]]\n";
    return 2;
  }
  media::port::media_port_config port;
  port.bind = address;
  port.port = static_cast<std::uint16_t>(argc > 2 ? std::stoi(argv[2]) : 0);
  if (argc > 4)
    port.limits.tls = tls_of(argv[4]);
  base::endpoint own{*address, port.port};
  session::server::config config;
  config.certificate = dtls::certificate::make();
  if (port.port != 0)
    config.candidates = candidates_of(own, argc > 3 ? argv[3] : "all");
  auto sfu = std::make_shared<shell::sfu_handler>(std::move(config));
  sfu->subscribe(std::make_shared<printer>());
  auto turn = std::make_shared<turn::shell::turn_handler>(
      turn::core_config{.secret = "s3cr3t", .local_services = {own}});
  auto relay = std::make_shared<test::little_relay>(turn, turn::address_plan{{*address}, {own}});
  turn->subscribe(relay);
  media::port::media_port media{port, {{sfu, turn}}};
  media.start();
  print("ready " + std::to_string(media.port()));
  for (std::string line; std::getline(std::cin, line);)
    command(*sfu, line);
  media.stop();
}
