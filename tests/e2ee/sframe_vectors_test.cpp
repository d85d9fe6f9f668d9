// Known answers of RFC 9605. A part of them is in tests/data; where the complete
// set lies beside the repository it is checked as well.
#define CAF_SUITE sframe_vectors
#include "base/encoding.hpp"
#include "support/test.hpp"
#include "tests/support/sframe/sframe.hpp"

#include <charconv>
#include <fstream>
#include <map>
#include <sstream>

using namespace catchup;
using namespace catchup::e2ee;

namespace {

std::optional<std::string> read_file(const std::string& relative) {
  std::ifstream in{relative, std::ios::binary};
  if (!in)
    return std::nullopt;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void check_header(std::uint64_t kid, std::uint64_t ctr, const std::string& encoded) {
  CHECK_EQUAL(base::to_hex(encode_sframe_header({kid, ctr})), encoded);
  auto parsed = parse_sframe_header(*base::from_hex(encoded));
  REQUIRE(parsed);
  CHECK(parsed->header == (sframe_header{kid, ctr}));
  CHECK_EQUAL(parsed->size, encoded.size() / 2);
}

struct frame_vector {
  unsigned suite = 0;
  std::uint64_t kid = 0, ctr = 0;
  std::string base_key, metadata, plaintext, frame;
};

void check_frame(const frame_vector& v) {
  auto suite = static_cast<sframe_suite>(v.suite);
  auto base_key = *base::from_hex(v.base_key);
  auto metadata = *base::from_hex(v.metadata);
  auto plaintext = *base::from_hex(v.plaintext);
  auto frame = *base::from_hex(v.frame);

  sframe_sender sender{suite, v.kid, base_key, v.ctr};
  CHECK_EQUAL(base::to_hex(*sender.seal(plaintext, metadata)), v.frame);

  sframe_receiver receiver{suite};
  receiver.add_key(v.kid, base_key);
  auto opened = receiver.open(frame, metadata);
  REQUIRE(opened);
  CHECK(*opened == plaintext);
}

// Reads the flat objects of one array of a JSON file whose strings have no
// escapes and whose numbers may need all of 64 bits.
std::vector<std::map<std::string, std::string>> objects_of(const std::string& json,
                                                           const std::string& array) {
  std::vector<std::map<std::string, std::string>> out;
  auto at = json.find('"' + array + '"');
  auto end = json.find(']', at);
  while (at = json.find('{', at), at < end) {
    auto close = json.find('}', at);
    auto& object = out.emplace_back();
    for (auto i = json.find('"', at); i < close; i = json.find('"', i)) {
      auto name_end = json.find('"', i + 1);
      auto name = json.substr(i + 1, name_end - i - 1);
      auto from = json.find_first_not_of(" :\"", name_end);
      auto to = json.find_first_of("\",\n}", from);
      object[name] = json.substr(from, to - from);
      i = json[to] == '"' ? to + 1 : to;
    }
    at = close;
  }
  return out;
}

std::uint64_t number(const std::string& digits) {
  std::uint64_t out = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  REQUIRE(error == std::errc{} && end == digits.data() + digits.size());
  return out;
}

} // namespace

TEST(headers and one frame of each suite are as in RFC 9605) {
  auto file = read_file("tests/data/sframe-vectors.txt");
  REQUIRE(file);
  std::istringstream lines{*file};
  std::size_t headers = 0, frames = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream in{line};
    std::string kind;
    in >> kind;
    if (kind == "header") {
      std::uint64_t kid = 0, ctr = 0;
      std::string encoded;
      in >> kid >> ctr >> encoded;
      check_header(kid, ctr, encoded);
      ++headers;
    } else if (kind == "frame") {
      frame_vector v;
      in >> v.suite >> v.kid >> v.ctr >> v.base_key >> v.metadata >> v.plaintext >> v.frame;
      check_frame(v);
      ++frames;
    }
  }
  CHECK_EQUAL(headers, 51u);
  CHECK_EQUAL(frames, 5u);
}

TEST(the complete set of vectors holds where it is at hand) {
  auto json = read_file("../shared/vectors/sframe-rfc9605.json");
  if (!json) {
    CAF_MESSAGE("skipped: no ../shared/vectors/sframe-rfc9605.json beside the repository");
    return;
  }
  auto headers = objects_of(*json, "header");
  CHECK_EQUAL(headers.size(), 289u);
  for (auto& v : headers)
    check_header(number(v["kid"]), number(v["ctr"]), v["encoded"]);
  auto frames = objects_of(*json, "sframe");
  CHECK_EQUAL(frames.size(), 5u);
  for (auto& v : frames)
    check_frame({static_cast<unsigned>(number(v["cipher_suite"])), number(v["kid"]),
                 number(v["ctr"]), v["base_key"], v["metadata"], v["pt"], v["ct"]});
}
