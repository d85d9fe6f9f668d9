#include "tests/support/sframe/sframe.hpp"

#include "e2ee/transcript.hpp"

namespace catchup::e2ee {

namespace {

base::buffer join(base::const_bytes a, base::const_bytes b) {
  return transcript{""}.raw(a).raw(b).bytes();
}

} // namespace

sframe_sender::sframe_sender(sframe_suite suite, std::uint64_t kid, base::const_bytes base_key,
                             std::uint64_t first_ctr)
  : key_{suite, kid, base_key}, kid_{kid}, next_{first_ctr} {}

std::optional<base::buffer> sframe_sender::seal(base::const_bytes plaintext,
                                                base::const_bytes metadata) {
  if (exhausted_)
    return std::nullopt;
  auto ctr = next_++;
  exhausted_ = next_ == 0;
  auto header = encode_sframe_header({kid_, ctr});
  return join(header, key_.seal(ctr, plaintext, join(header, metadata)));
}

bool sframe_receiver::add_key(std::uint64_t kid, base::const_bytes base_key) {
  if (keys_.size() >= max_keys || keys_.contains(kid))
    return false;
  keys_.emplace(kid, entry{sframe_key{suite_, kid, base_key}, {}});
  return true;
}

base::result<base::buffer, sframe_error> sframe_receiver::open(base::const_bytes frame,
                                                               base::const_bytes metadata) {
  auto parsed = parse_sframe_header(frame);
  if (!parsed || frame.size() - parsed->size < tag_size_of(suite_))
    return base::failure{sframe_error::malformed};
  auto [kid, ctr] = parsed->header;
  auto found = keys_.find(kid);
  if (found == keys_.end())
    return base::failure{sframe_error::unknown_key};
  auto& [key, window] = found->second;
  switch (window.check(ctr)) {
  case replay_window::verdict::fresh:
    break;
  case replay_window::verdict::too_far:
    return base::failure{sframe_error::too_far};
  case replay_window::verdict::replayed:
  case replay_window::verdict::too_old:
    return base::failure{sframe_error::replayed};
  }
  auto aad = join(frame.first(parsed->size), metadata);
  auto plaintext = key.open(ctr, frame.subspan(parsed->size), aad);
  if (!plaintext)
    return base::failure{sframe_error::forged};
  window.accept(ctr);
  return std::move(*plaintext);
}

} // namespace catchup::e2ee
