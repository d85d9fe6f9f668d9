#pragma once
// tests/data/mls_golden.json: messages that the web app made, and what is in them.

#include "base/encoding.hpp"
#include "e2ee/mls/rules.hpp"
#include "support/test.hpp"

#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace catchup::test {

/// A JSON value of strings without escapes, unsigned numbers, arrays and objects.
struct json {
  std::string text;
  std::vector<json> items;
  std::map<std::string, json> members;

  const json& operator[](const std::string& name) const { return members.at(name); }
  base::buffer hex() const { return base::from_hex(text).value(); }
  std::uint32_t number() const { return static_cast<std::uint32_t>(std::stoul(text)); }

  static json read(std::istream& in) {
    json out;
    char c = ' ';
    in >> c;
    if (c == '"') {
      std::getline(in, out.text, '"');
    } else if (c == '[' || c == '{') {
      char end = c == '[' ? ']' : '}';
      while (in >> std::ws && in.peek() != end) {
        auto item = read(in);
        if (c == '{' && in >> c && c == ':') {
          out.members[item.text] = read(in);
          c = '{';
        } else {
          out.items.push_back(std::move(item));
        }
        if (in >> std::ws && in.peek() == ',')
          in.get();
      }
      in.get();
    } else {
      for (out.text = c; std::isdigit(in.peek());)
        out.text += static_cast<char>(in.get());
    }
    return out;
  }
};

/// `relative` to the root of the repository; empty when it is not there.
inline std::optional<json> read_json(const std::string& relative) {
  std::ifstream in{relative};
  if (!in)
    return std::nullopt;
  return json::read(in);
}

struct golden_commit {
  e2ee::mls::commit_message commit;
  std::optional<e2ee::mls::welcome_message> welcome;
  base::buffer message, welcome_message;
};

/// One room of the file, with everything parsed.
struct golden_room {
  json data;
  base::buffer group_id, admission_key;
  e2ee::mls::room_parameters room;
  std::vector<base::buffer> key_packages, refs;
  std::vector<base::member_id> members;
  std::vector<golden_commit> commits;
  /// No message names the founder: no commit added it.
  base::member_id founder;

  explicit golden_room(const json& in) : data(in) {
    group_id = in["group_id"].hex();
    admission_key = in["admission_public"].hex();
    room = {*base::room_tag::from(in["tag"].hex()), admission_key,
            static_cast<std::uint16_t>(in["suite"].number())};
    for (const auto& item : in["key_packages"].items) {
      key_packages.push_back(item["message"].hex());
      refs.push_back(item["ref"].hex());
      members.push_back(*base::member_id::from(item["member"].hex()));
    }
    for (const auto& item : in["commits"].items) {
      auto& made = commits.emplace_back();
      made.message = item["message"].hex();
      made.welcome_message = item["welcome"].hex();
      auto commit = e2ee::mls::parse_commit(made.message);
      REQUIRE(commit);
      made.commit = *commit;
      if (!made.welcome_message.empty()) {
        auto welcome = e2ee::mls::parse_welcome(made.welcome_message);
        REQUIRE(welcome);
        made.welcome = *welcome;
      }
    }
    founder = *e2ee::mls::member_of(*commits.back().commit.path_leaf);
  }

  golden_room(const golden_room&) = delete;
};

/// The rooms of suite 1 and of X-Wing.
inline const std::vector<std::unique_ptr<golden_room>>& golden_rooms() {
  static const auto rooms = [] {
    std::vector<std::unique_ptr<golden_room>> out;
    auto file = read_json("tests/data/mls_golden.json");
    REQUIRE(file);
    for (const auto& item : (*file)["rooms"].items)
      out.push_back(std::make_unique<golden_room>(item));
    return out;
  }();
  return rooms;
}

} // namespace catchup::test
