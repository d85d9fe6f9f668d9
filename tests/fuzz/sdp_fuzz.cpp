// An offer that parses can be answered, and the answer parses again with the same
// sections.

#include "sfu/sdp/answer.hpp"

#include <cstdlib>

using namespace catchup::sfu::sdp;

namespace {

void require(bool b) {
  if (!b)
    std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  auto offer = parse(text);
  if (!offer)
    return 0;
  require(offer->sections.size() <= max_sections);
  if (check_offer(*offer) != refusal::none)
    return 0;
  local_side local{
      {"serverfr", "server-password-of-24-ch", {"sha-256 AB"}, setup_role::passive}, {}, 1, 1};
  outgoing out{{"s", "t"}, 1, 2, "c"};
  std::vector<section> sections;
  for (auto& s : offer->sections)
    sections.push_back(answer_section(s, local, true, &out));
  auto answer = answer_of(local, std::move(sections));
  auto again = parse(to_text(answer));
  require(again && again->sections.size() == offer->sections.size());
  for (std::size_t i = 0; i < again->sections.size(); ++i) {
    require(again->sections[i].mid == offer->sections[i].mid);
    require(again->sections[i].rejected() == !acceptable(offer->sections[i]));
    require(again->sections[i].codecs.size() <= 2 || again->sections[i].rejected());
  }
  return 0;
}
