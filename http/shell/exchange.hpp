#pragma once
// One HTTP request and its answer on a socket: what both listeners do alike.

#include "http/reply.hpp"
#include "http/router.hpp"
#include "http/shell/asio.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace catchup::http {

namespace beast = boost::beast;
namespace bhttp = beast::http;

using request_parser = bhttp::request_parser<bhttp::string_body>;
using request_type = bhttp::request<bhttp::string_body>;
using response_type = bhttp::response<bhttp::span_body<const char>>;

inline std::string_view view(beast::string_view s) noexcept { return {s.data(), s.size()}; }
inline beast::string_view beast_view(std::string_view s) noexcept { return {s.data(), s.size()}; }
inline std::string_view header(const request_type& r, bhttp::field name) { return view(r[name]); }
inline auto token(error_code& ec) { return net::redirect_error(net::use_awaitable, ec); }

method method_of(const request_type& r) noexcept;

/// `answer` must outlive the response.
response_type response_to(const reply& answer, bool keep);

/// Writes it, without its body where the request or the status want none.
net::awaitable<void> send(tcp::socket& to, const request_type& request, response_type& response,
                          error_code& ec);

} // namespace catchup::http
