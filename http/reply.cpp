#include "http/reply.hpp"

#include "http/json.hpp"

namespace catchup::http {

namespace {

struct description {
  unsigned status;
  std::string_view code;
  std::string_view message;
};

description describe(api_error e) noexcept {
  switch (e) {
  case api_error::bad_request:
    return {400, "bad-request", "The request could not be understood."};
  case api_error::unauthorized:
    return {401, "unauthorized", "A valid session of this server is needed."};
  case api_error::origin:
    return {403, "origin", "This is only for the site's own pages."};
  case api_error::password:
    return {403, "password", "Calls are started here only with the password of this server."};
  case api_error::not_allowed:
    return {403, "not-allowed", "Calls are not started here from your network."};
  case api_error::not_found:
    return {404, "not-found", "There is nothing here."};
  case api_error::method:
    return {405, "method", "This address does not take that method."};
  case api_error::timeout:
    return {408, "timeout", "The request took too long to arrive."};
  case api_error::body_too_large:
    return {413, "too-large", "The request is too large."};
  case api_error::head_too_large:
    return {431, "too-large", "The request's head is too large."};
  case api_error::media_type:
    return {415, "media-type", "The body must be application/json."};
  case api_error::too_many:
    return {429, "too-many", "Too many requests from this network. Try again in a moment."};
  case api_error::draining:
    return {503, "draining", "The server is about to restart. Try again in a moment."};
  case api_error::unavailable:
    return {503, "unavailable", "The server cannot do this right now. Try again in a moment."};
  }
  return {503, "unavailable", ""};
}

} // namespace

unsigned status_of(api_error e) noexcept { return describe(e).status; }
std::string_view code_of(api_error e) noexcept { return describe(e).code; }

reply json_reply(unsigned status, std::string body) {
  reply out;
  out.status = status;
  out.with("Content-Type", "application/json").with("Cache-Control", "no-store");
  out.body = std::move(body);
  return out;
}

reply error_reply(api_error e) {
  auto [status, code, message] = describe(e);
  json::writer w;
  w.open('{').key("error").open('{').member("code", code).member("message", message);
  auto out = json_reply(status, w.close('}').close('}').done());
  out.error = e;
  if (e == api_error::unauthorized)
    out.with("WWW-Authenticate", "Bearer");
  if (e == api_error::draining || e == api_error::unavailable)
    out.with("Retry-After", "1");
  return out;
}

reply ready_reply(readiness r, const base::self_checks& found) {
  auto ready = r == readiness::ready;
  json::writer w;
  w.open('{').member("status", ready ? "ready" : r == readiness::draining ? "draining" : "stuck");
  if (found.at != 0) {
    w.key("self_probe").open('{').member("at", found.at);
    for (const auto& check : found.all)
      w.member(check.name, check.ok ? "ok" : check.trouble);
    w.close('}');
  }
  return json_reply(ready ? 200 : 503, w.close('}').done());
}

reply too_many_reply(std::uint32_t retry_after_seconds) {
  return error_reply(api_error::too_many).with("Retry-After", std::to_string(retry_after_seconds));
}

reply method_reply(std::string_view allow) {
  return error_reply(api_error::method).with("Allow", std::string{allow});
}

} // namespace catchup::http
