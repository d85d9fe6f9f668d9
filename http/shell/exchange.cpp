#include "http/shell/exchange.hpp"

namespace catchup::http {

method method_of(const request_type& r) noexcept {
  switch (r.method()) {
  case bhttp::verb::get:
    return method::get;
  case bhttp::verb::head:
    return method::head;
  case bhttp::verb::post:
    return method::post;
  default:
    return method::other;
  }
}

response_type response_to(const reply& answer, bool keep) {
  auto content = answer.content();
  response_type out;
  out.version(11);
  out.result(answer.status);
  for (const auto& [name, value] : answer.headers)
    out.set(beast_view(name), value);
  out.body() = {content.data(), content.size()};
  if (answer.status != 304)
    out.content_length(content.size());
  out.keep_alive(keep);
  return out;
}

net::awaitable<void> send(tcp::socket& to, const request_type& request, response_type& response,
                          error_code& ec) {
  bhttp::response_serializer<bhttp::span_body<const char>> serializer{response};
  if (request.method() == bhttp::verb::head || response.result_int() == 304)
    co_await bhttp::async_write_header(to, serializer, token(ec));
  else
    co_await bhttp::async_write(to, serializer, token(ec));
}

} // namespace catchup::http
