// Any bytes as a message of MLS: what is read lies in the message, cutting or
// continuing it makes it another, and nothing is of a room that did not sign it.
// The first byte chooses the kind.
#include "e2ee/mls/rules.hpp"

#include <cstdlib>

using namespace catchup;
using namespace catchup::e2ee::mls;

namespace {

void must(bool truth) {
  if (!truth)
    std::abort();
}

bool inside(base::const_bytes part, base::const_bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

template <class Parse>
void has_one_end(base::const_bytes in, Parse parse) {
  must(!parse(in.first(in.size() - 1)));
  auto longer = base::to_buffer(in);
  longer.push_back(std::byte{0});
  must(!parse(longer));
}

const base::buffer admission_key(32, std::byte{1});
const room_parameters room{{}, admission_key, suite_x25519};

void fuzz_key_package(base::const_bytes in) {
  auto parsed = parse_key_package(in);
  if (!parsed)
    return;
  has_one_end(in, parse_key_package);
  must(base::equal(parsed->whole, in.subspan(4)));
  for (auto part : {parsed->init_key, parsed->signature, parsed->extensions, parsed->covered,
                    parsed->leaf.identity, parsed->leaf.signature, parsed->leaf.covered})
    must(inside(part, in));
  must(!verify_key_package(*parsed, room));
  must(key_package_ref(*parsed).size() <= 64);
}

void fuzz_commit(base::const_bytes in) {
  auto parsed = parse_commit(in);
  if (!parsed)
    return;
  has_one_end(in, parse_commit);
  must(parsed->adds.size() + parsed->removes.size() + parsed->psks.size() + parsed->others <=
       max_proposals);
  for (auto part : {parsed->group_id, parsed->signature, parsed->membership_tag})
    must(inside(part, in));
  for (const auto& add : parsed->adds)
    must(inside(add.whole, in));
  leaf_map leaves{base::member_id{}};
  expectation now{room, parsed->group_id, parsed->epoch, &leaves, {}, {}, {}};
  // Nobody was offered, nobody is to go, and no path is signed for this room.
  must(!check_commit(*parsed, nullptr, now));
  leaves.apply(parsed->removes, added_members(*parsed));
  must(leaves.size() <= 1 + parsed->adds.size());
}

void fuzz_welcome(base::const_bytes in) {
  auto parsed = parse_welcome(in);
  if (!parsed)
    return;
  has_one_end(in, parse_welcome);
  must(parsed->refs.size() <= max_secrets);
  for (auto ref : parsed->refs)
    must(inside(ref, in));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  auto in = std::as_bytes(std::span{data, size}).subspan(1);
  switch (data[0] % 3) {
  case 0:
    fuzz_key_package(in);
    break;
  case 1:
    fuzz_commit(in);
    break;
  default:
    fuzz_welcome(in);
  }
  return 0;
}
