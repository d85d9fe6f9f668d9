#include "sfu/ice/agent.hpp"

#include "media/stun/writer.hpp"

#include <algorithm>

namespace catchup::sfu::ice {

namespace {

constexpr std::size_t max_username = 513; // RFC 8489 §14.3: 508 bytes and some

std::string_view username_of(const stun::message& m) noexcept {
  auto value = m.find(stun::attribute::username);
  return value && value->size() <= max_username ? base::as_text(*value) : std::string_view{};
}

bool known(stun::attribute a) noexcept {
  switch (a) {
  case stun::attribute::username:
  case stun::attribute::message_integrity:
  case stun::attribute::message_integrity_sha256:
  case stun::attribute::priority:
  case stun::attribute::use_candidate:
    return true;
  default:
    return !stun::comprehension_required(a);
  }
}

} // namespace

credentials make_credentials(base::const_bytes random) {
  // Letters that need no escape in a URI or an SDP line; 64 of them.
  static constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  base::reader in{random.first(credentials_entropy)};
  while (in.left() >= 3) {
    unsigned bits = (unsigned{in.u8()} << 16) | in.u16();
    for (int shift = 18; shift >= 0; shift -= 6)
      text.push_back(letters[bits >> shift & 63]);
  }
  return {text.substr(0, 8), text.substr(8)};
}

std::string_view addressed_ufrag(const stun::message& request) noexcept {
  if (request.method() != stun::method::binding || request.cls() != stun::message_class::request)
    return {};
  auto name = username_of(request);
  auto colon = name.find(':');
  return colon == std::string_view::npos ? std::string_view{} : name.substr(0, colon);
}

agent::agent(base::time_point now, credentials local, timing t)
  : local_(std::move(local)), timing_(t), heard_(now) {}

void agent::restart(base::time_point now, credentials local, credentials remote) {
  old_local_ = std::move(local_);
  local_ = std::move(local);
  remote_ = std::move(remote);
  if (failed_)
    heard_ = now;
  failed_ = false;
}

bool agent::knows(std::string_view ufrag) const noexcept {
  return ufrag == local_.ufrag || (old_local_ && ufrag == old_local_->ufrag);
}

agent::verdict agent::judge(const stun::message& request) const {
  verdict out;
  auto name = username_of(request);
  auto colon = name.find(':');
  if (colon == std::string_view::npos || !request.sealed_by()) {
    out.error = 400; // RFC 8489 §9.1.3
    return out;
  }
  auto ufrag = name.substr(0, colon);
  bool old = old_local_ && ufrag == old_local_->ufrag;
  auto& mine = old ? *old_local_ : local_;
  bool theirs = old || remote_.ufrag.empty() || name.substr(colon + 1) == remote_.ufrag;
  if (ufrag != mine.ufrag || !theirs ||
      !request.integrity_ok(base::as_bytes(std::string_view{mine.password}))) {
    out.error = 401;
    return out;
  }
  out.sealed = true;
  out.with = &mine;
  request.each([&](stun::attribute a, base::const_bytes) {
    if (!known(a) && out.unknown.size() < 8)
      out.unknown.push_back(a);
  });
  if (!out.unknown.empty())
    out.error = 420;
  else if (request.find(stun::attribute::ice_controlled))
    out.error = 487; // against a lite agent a full one controls (RFC 8445 §6.1.1)
  return out;
}

base::const_bytes agent::receive(base::time_point now, const path& from,
                                 const stun::message& request, base::bytes out) {
  // A check has a FINGERPRINT (RFC 8445 §7.1); what has none may be something else.
  if (failed_ || addressed_ufrag(request).empty() || !request.has_fingerprint())
    return {};
  auto v = judge(request);
  stun::message_writer w{out,
                         v.error == 0 ? stun::message_class::success : stun::message_class::error,
                         stun::method::binding, request.transaction()};
  if (v.error != 0) {
    w.add_error_code(v.error);
    if (!v.unknown.empty())
      w.add_unknown_attributes(v.unknown);
  } else {
    w.add_xor_address(stun::attribute::xor_mapped_address, from.client);
  }
  if (v.sealed)
    w.add_integrity(base::as_bytes(std::string_view{v.with->password}));
  w.add_fingerprint();
  auto answer = w.finish();
  if (!answer)
    return {};
  if (v.error == 0) {
    if (v.with == &local_)
      old_local_.reset();
    auto& p = learn(now, from);
    p.priority = request.find_u32(stun::attribute::priority).value_or(0);
    if (request.find(stun::attribute::use_candidate))
      nominate(now, p);
  }
  return *answer;
}

agent::known_path* agent::find(const path& p) noexcept {
  auto it = std::find_if(paths_.begin(), paths_.end(), [&](auto& k) { return k.where == p; });
  return it == paths_.end() ? nullptr : &*it;
}

agent::known_path& agent::learn(base::time_point now, const path& from) {
  heard_ = now;
  if (auto p = find(from)) {
    p->heard = now;
    return *p;
  }
  if (paths_.size() == max_paths) {
    auto oldest = std::min_element(paths_.begin(), paths_.end(), [&](auto& a, auto& b) {
      bool keep_a = a.where == selected_, keep_b = b.where == selected_;
      return keep_a != keep_b ? keep_b : a.heard < b.heard;
    });
    paths_.erase(oldest);
  }
  paths_.push_back({from, 0, now, false});
  return paths_.back();
}

void agent::nominate(base::time_point now, known_path& p) noexcept {
  p.nominated = true;
  auto current = selected_ ? find(*selected_) : nullptr;
  if (!current || p.priority > current->priority || now - current->heard >= timing_.silent_after)
    selected_ = p.where;
}

void agent::heard(base::time_point now, const path& from) noexcept {
  auto p = find(from);
  if (!p || failed_)
    return;
  p->heard = now;
  heard_ = now;
  if (p->nominated && selected_ && from != *selected_)
    nominate(now, *p);
}

void agent::forget(const path& p) noexcept {
  std::erase_if(paths_, [&](auto& k) { return k.where == p; });
  if (selected_ != p)
    return;
  const known_path* best = nullptr;
  for (auto& k : paths_)
    if (k.nominated && (!best || k.priority > best->priority))
      best = &k;
  if (best)
    selected_ = best->where;
}

bool agent::validated(const path& p) const noexcept {
  return std::any_of(paths_.begin(), paths_.end(), [&](auto& k) { return k.where == p; });
}

ice::state agent::state(base::time_point now) noexcept {
  if (now - heard_ >= timing_.failed_after)
    failed_ = true;
  if (failed_)
    return state::failed;
  if (!selected_)
    return state::waiting;
  return now - heard_ >= timing_.lost_after ? state::lost : state::connected;
}

base::time_point agent::deadline(base::time_point now) const noexcept {
  if (failed_)
    return base::time_point::max();
  if (selected_ && now - heard_ < timing_.lost_after)
    return heard_ + timing_.lost_after;
  return heard_ + timing_.failed_after;
}

} // namespace catchup::sfu::ice
