#include "sfu/signal/reading.hpp"

#include "sfu/signal/join_request.hpp"

namespace catchup::sfu::signal {

reading read_message(std::int64_t now_ms, base::const_bytes message) {
  auto m = read_request(message);
  if (!m)
    return fault{};
  livekit::SignalResponse out;
  switch (m->message_case()) {
  case livekit::SignalRequest::kPing:
    out.set_pong(m->ping());
    return out;
  case livekit::SignalRequest::kPingReq:
    out.mutable_pong_resp()->set_last_ping_timestamp(m->ping_req().timestamp());
    out.mutable_pong_resp()->set_timestamp(now_ms);
    return out;
  case livekit::SignalRequest::MESSAGE_NOT_SET:
    return nothing{};
  default:
    return std::move(*m);
  }
}

} // namespace catchup::sfu::signal
