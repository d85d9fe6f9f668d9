#include "sfu/signal/join_request.hpp"

#include "base/encoding.hpp"

#include <google/protobuf/stubs/logging.h>
#include <zlib.h>

namespace catchup::sfu::signal {

namespace {

/// zlib's window and format: gzip only.
constexpr int gzip_window = 15 + 16;

std::optional<base::buffer> inflated(std::string_view in) {
  z_stream z{};
  if (inflateInit2(&z, gzip_window) != Z_OK)
    return std::nullopt;
  base::buffer out(std::min(max_join_request, in.size() * 16 + 1024));
  // zlib does not write to its input.
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  z.avail_in = static_cast<uInt>(in.size());
  int status = Z_OK;
  while (status == Z_OK) {
    if (z.total_out == out.size()) {
      if (out.size() == max_join_request)
        break;
      out.resize(std::min(max_join_request, out.size() * 2));
    }
    z.next_out = reinterpret_cast<Bytef*>(out.data() + z.total_out);
    z.avail_out = static_cast<uInt>(out.size() - z.total_out);
    status = inflate(&z, Z_NO_FLUSH);
    if (status == Z_OK && z.avail_in == 0 && z.avail_out != 0)
      break; // cut off
  }
  out.resize(z.total_out);
  inflateEnd(&z);
  return status == Z_STREAM_END ? std::optional{std::move(out)} : std::nullopt;
}

bool parse(google::protobuf::MessageLite& out, const void* data, std::size_t size) {
  // Else the library writes a line to standard error for text that is not UTF-8, and
  // clients could fill the log.
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);
  return out.ParseFromArray(data, static_cast<int>(size));
}

} // namespace

std::optional<livekit::JoinRequest> read_join_request(std::string_view text) {
  while (text.ends_with('='))
    text.remove_suffix(1);
  if (text.size() > max_join_request)
    return std::nullopt;
  auto bytes = base::from_base64url(text);
  livekit::WrappedJoinRequest wrapped;
  if (!bytes || !parse(wrapped, bytes->data(), bytes->size()))
    return std::nullopt;
  livekit::JoinRequest out;
  const auto& inner = wrapped.join_request();
  switch (wrapped.compression()) {
  case livekit::WrappedJoinRequest::NONE:
    return parse(out, inner.data(), inner.size()) ? std::optional{std::move(out)} : std::nullopt;
  case livekit::WrappedJoinRequest::GZIP: {
    auto raw = inflated(inner);
    return raw && parse(out, raw->data(), raw->size()) ? std::optional{std::move(out)}
                                                       : std::nullopt;
  }
  default:
    return std::nullopt;
  }
}

std::optional<livekit::SignalRequest> read_request(base::const_bytes message) {
  livekit::SignalRequest out;
  if (message.size() > max_message || !parse(out, message.data(), message.size()))
    return std::nullopt;
  return out;
}

base::buffer write(const livekit::SignalResponse& m) {
  base::buffer out(m.ByteSizeLong());
  m.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

} // namespace catchup::sfu::signal
