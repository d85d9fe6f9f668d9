#include "sfu/srtp/session.hpp"

#include "sfu/srtp/gcm_kernel.hpp"

#include <srtp2/srtp.h>

#include <algorithm>

namespace catchup::sfu::srtp {

namespace {

// Wide enough for retransmissions and much reordering.
constexpr unsigned long replay_window = 1024;

void set_protection(dtls::protection p, srtp_policy_t& out) {
  switch (p) {
  case dtls::protection::aes128_gcm:
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&out.rtp);
    srtp_crypto_policy_set_aes_gcm_128_16_auth(&out.rtcp);
    break;
  case dtls::protection::aes256_gcm:
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&out.rtp);
    srtp_crypto_policy_set_aes_gcm_256_16_auth(&out.rtcp);
    break;
  case dtls::protection::aes128_cm_sha1_80:
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&out.rtp);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&out.rtcp);
    break;
  }
}

srtp_ctx_t_* create(dtls::protection p, const dtls::master& key, srtp_ssrc_type_t direction) {
  srtp_policy_t policy{};
  set_protection(p, policy);
  if (static_cast<std::size_t>(policy.rtp.cipher_key_len) != key.size)
    return nullptr;
  auto bytes = key.bytes; // the library wants it mutable
  policy.key = reinterpret_cast<unsigned char*>(bytes.data());
  policy.ssrc.type = direction;
  policy.window_size = replay_window;
  srtp_t out = nullptr;
  if (srtp_create(&out, &policy) != srtp_err_status_ok)
    return nullptr;
  return out;
}

std::uint32_t source_at(base::const_bytes packet, std::size_t at) {
  return base::reader{packet.subspan(at, 4)}.u32();
}

} // namespace

void session::release::operator()(srtp_ctx_t_* s) const noexcept { srtp_dealloc(s); }

std::optional<session> session::make(const dtls::keys& keys) {
  start_library();
  context in{create(keys.protection, keys.remote, ssrc_any_inbound)};
  context out{create(keys.protection, keys.local, ssrc_any_outbound)};
  if (!in || !out)
    return std::nullopt;
  return session{std::move(in), std::move(out)};
}

bool session::admit(std::uint32_t source) {
  if (std::find(sources_.begin(), sources_.end(), source) != sources_.end())
    return true;
  if (sources_.size() == max_sources)
    return false;
  sources_.push_back(source);
  return true;
}

bool session::open_rtp(base::bytes& packet) {
  if (packet.size() < 12)
    return false;
  int size = static_cast<int>(packet.size());
  // A packet refused as forged takes no place: the library has seen it as well.
  auto source = source_at(packet, 8);
  bool seen = std::find(sources_.begin(), sources_.end(), source) != sources_.end();
  if ((!seen && sources_.size() == max_sources) ||
      srtp_unprotect(in_.get(), packet.data(), &size) != srtp_err_status_ok || !admit(source))
    return false;
  packet = packet.first(static_cast<std::size_t>(size));
  return true;
}

bool session::open_rtcp(base::bytes& packet) {
  if (packet.size() < 8)
    return false;
  int size = static_cast<int>(packet.size());
  auto source = source_at(packet, 4);
  bool seen = std::find(sources_.begin(), sources_.end(), source) != sources_.end();
  if ((!seen && sources_.size() == max_sources) ||
      srtp_unprotect_rtcp(in_.get(), packet.data(), &size) != srtp_err_status_ok || !admit(source))
    return false;
  packet = packet.first(static_cast<std::size_t>(size));
  return true;
}

std::size_t session::seal_rtp(base::bytes space, std::size_t size) {
  if (size + max_overhead > space.size())
    return 0;
  int n = static_cast<int>(size);
  return srtp_protect(out_.get(), space.data(), &n) == srtp_err_status_ok
             ? static_cast<std::size_t>(n)
             : 0;
}

std::size_t session::seal_rtcp(base::bytes space, std::size_t size) {
  if (size + max_overhead > space.size())
    return 0;
  int n = static_cast<int>(size);
  return srtp_protect_rtcp(out_.get(), space.data(), &n) == srtp_err_status_ok
             ? static_cast<std::size_t>(n)
             : 0;
}

} // namespace catchup::sfu::srtp
