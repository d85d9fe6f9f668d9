#include "http/ws_protocol.hpp"

#include "base/log.hpp"
#include "e2ee/admission.hpp"
#include "e2ee/mls/key_package.hpp"
#include "e2ee/room_id.hpp"
#include "e2ee/session_token.hpp"

#include <algorithm>
#include <cstdlib>

namespace catchup::http {

namespace {

using wire::error_code;
using namespace std::chrono_literals;

/// Admission takes less, but the promise is made separately.
constexpr auto nonce_life = 30s;
/// A key package is valid for a day with the client's time in its middle; members look
/// at their own clocks. Of two clocks that are off by no more than this, each will do.
constexpr base::unix_seconds clock_margin = 6 * 3600;

bool valid_at(const e2ee::mls::leaf_node& leaf, base::unix_seconds wall) {
  auto at = static_cast<std::uint64_t>(wall);
  return leaf.not_before <= at - clock_margin && at + clock_margin <= leaf.not_after;
}

/// The client's clock minus ours, as far as its key package tells.
base::unix_seconds clock_difference(const e2ee::mls::leaf_node& leaf, base::unix_seconds wall) {
  constexpr std::uint64_t most = std::uint64_t{1} << 40;
  auto middle = std::min(leaf.not_before, most) / 2 + std::min(leaf.not_after, most) / 2;
  return static_cast<base::unix_seconds>(middle) - wall;
}

} // namespace

std::optional<std::uint32_t> retry_seconds(error_code code) noexcept {
  switch (code) {
  case error_code::too_many:
    return 30;
  case error_code::draining:
    return 5;
  case error_code::unavailable:
    return 2;
  default:
    return std::nullopt;
  }
}

ws_protocol::ws_protocol(const server_config& config, std::string origin, std::string source,
                         base::time_point now, nonce_source nonce)
  : config_(config), nonce_(nonce), candidate_(std::make_unique<candidate>()),
    admit_by_(now + config.limits.admission_time), last_message_(now) {
  candidate_->origin = std::move(origin);
  candidate_->source = std::move(source);
}

ws::action ws_protocol::received(base::const_bytes message, base::time_point now,
                                 base::unix_seconds wall) {
  if (ended() || busy())
    return ws::nothing{};
  last_message_ = now;
  if (!admitted() && message.size() > wire::max_early_message)
    return fail(error_code::bad_message);
  auto m = wire::decode(message);
  if (!m)
    return fail(m.error() == wire::wire_error::version ? error_code::version
                                                       : error_code::bad_message);
  return std::visit([&](const auto& x) { return on(x, now, wall); }, *m);
}

ws::action ws_protocol::received_text() {
  return ended() ? ws::action{ws::nothing{}} : fail(error_code::bad_message);
}

ws::action ws_protocol::too_fast() {
  return ended() ? ws::action{ws::nothing{}} : fail(error_code::too_fast);
}

ws::action ws_protocol::on(const wire::hello& m, base::time_point now, base::unix_seconds wall) {
  if (state_ != state::greeting)
    return fail(error_code::bad_message);
  auto room = e2ee::parse_room_id(m.room, config_.room_mac_key, wall);
  bool expired = !room && room.error() == e2ee::room_error::expired;
  if (!room && !expired)
    return fail(error_code::room_invalid);
  if (m.resume) // a call may go on after its link's last day
    return resume_with(m, !expired, expired ? base::room_tag{} : room->tag, wall);
  if (expired)
    return fail(error_code::room_expired);
  candidate_->room_text = m.room;
  candidate_->tag = room->tag;
  candidate_->nonce = nonce_();
  candidate_->challenged_at = now;
  state_ = state::challenged;
  return ws::transmit{wire::encode(wire::challenge{candidate_->nonce, config_.incarnation})};
}

ws::action ws_protocol::resume_with(const wire::hello& m, bool room_valid,
                                    const base::room_tag& room, base::unix_seconds wall) {
  auto session = e2ee::parse_session_token(*m.resume, config_.session_key, wall);
  if (!session || (room_valid && session->tag != room))
    return ws::transmit{wire::encode(wire::error{error_code::resume_unknown, std::nullopt}), false,
                        error_code::resume_unknown};
  state_ = state::resuming;
  return ws::resume{session->tag, session->member, m.ack};
}

ws::action ws_protocol::on(const wire::admit& m, base::time_point now, base::unix_seconds wall) {
  if (state_ != state::challenged)
    return fail(error_code::bad_message);
  if (now > candidate_->challenged_at + nonce_life)
    return fail(error_code::admission);
  e2ee::admission_request r;
  r.admission_key = m.admission_key;
  r.host_key = m.host_key;
  r.nonce = candidate_->nonce;
  r.member = m.member.view();
  r.key_package = m.key_package;
  r.signature = m.signature;
  r.origin = candidate_->origin;
  r.room_text = candidate_->room_text;
  r.tag = candidate_->tag;
  if (!e2ee::check_admission(r))
    return fail(error_code::admission);
  // The room checks the content; another kind belongs to another version.
  auto package = e2ee::mls::parse_key_package(m.key_package);
  if (!package)
    return fail(package.error() == e2ee::mls::parse_error::wrong_kind ? error_code::version
                                                                      : error_code::admission);
  if (package->suite == e2ee::mls::suite_xwing_former)
    return fail(error_code::version);
  if (!valid_at(package->leaf, wall))
    return fail_clock(clock_difference(package->leaf, wall), now, wall);
  config_.clocks->note(candidate_->source, 0, now);
  state_ = state::joining;
  return ws::join{candidate_->tag, m.member,      m.key_package,        m.lobby,
                  m.admission_key, m.incarnation, proven_ghost(m, wall)};
}

// A token that proves nothing (any more) must not keep its owner out.
std::optional<base::member_id> ws_protocol::proven_ghost(const wire::admit& m,
                                                         base::unix_seconds wall) const {
  if (!m.replaces)
    return std::nullopt;
  auto session = e2ee::parse_session_token(*m.replaces, config_.session_key, wall);
  if (!session || session->tag != candidate_->tag)
    return std::nullopt;
  return session->member;
}

ws::action ws_protocol::on(const wire::app& m, base::time_point, base::unix_seconds) {
  if (state_ != state::member)
    return fail(error_code::bad_message);
  return ws::app{m.n, m.data};
}

ws::action ws_protocol::on(const wire::mls& m, base::time_point, base::unix_seconds) {
  auto message = state_ == state::member ? wire::own(m) : std::nullopt;
  if (!message)
    return fail(error_code::bad_message);
  return ws::mls{m.n, std::move(*message)};
}

ws::action ws_protocol::on(const wire::ping& m, base::time_point, base::unix_seconds) {
  if (state_ != state::member)
    return fail(error_code::bad_message);
  return ws::acknowledge{m.ack};
}

ws::action ws_protocol::on(const wire::leave&, base::time_point, base::unix_seconds) {
  if (state_ != state::member)
    return fail(error_code::bad_message);
  return ws::leave{};
}

ws::action ws_protocol::answered(std::optional<error_code> refusal) {
  if (!busy())
    return ws::nothing{};
  if (!refusal) {
    state_ = state::member;
    candidate_.reset();
    return ws::nothing{};
  }
  if (state_ == state::resuming && *refusal == error_code::resume_unknown) {
    state_ = state::greeting;
    return ws::transmit{wire::encode(wire::error{*refusal, std::nullopt}), false, *refusal};
  }
  return fail(*refusal);
}

ws::action ws_protocol::tick(base::time_point now) {
  if (ended())
    return ws::nothing{};
  if (now < deadline())
    return ws::nothing{};
  if (busy())
    return fail(error_code::unavailable);
  state_ = state::ended;
  return ws::hang_up{};
}

base::time_point ws_protocol::deadline() const noexcept {
  auto frozen_at = last_message_ + config_.limits.frozen_time;
  return admitted() ? frozen_at : std::min(frozen_at, admit_by_);
}

ws::action ws_protocol::fail_clock(base::unix_seconds off, base::time_point now,
                                   base::unix_seconds wall) {
  state_ = state::ended;
  config_.clocks->note(candidate_->source, off < 0 ? -1 : 1, now);
  auto suspect = config_.clocks->suspect(now, wall, config_.clock_synchronised());
  if (suspect == clock_suspect::server && config_.clocks->tell(now))
    base::log(base::log_level::error, "clock_suspected",
              {{"devices_are", off < 0 ? "behind" : "ahead"},
               {"seconds", std::to_string(std::abs(off))},
               {"fix", "set the clock of this machine: timedatectl set-ntp true"}});
  auto seconds = static_cast<std::uint64_t>(std::max<base::unix_seconds>(wall, 0));
  return ws::transmit{
      wire::encode(wire::error{error_code::clock, std::nullopt, seconds, to_string(suspect)}), true,
      error_code::clock};
}

ws::action ws_protocol::fail(error_code code) {
  state_ = state::ended;
  return ws::transmit{wire::encode(wire::error{code, retry_seconds(code)}), true, code};
}

} // namespace catchup::http
