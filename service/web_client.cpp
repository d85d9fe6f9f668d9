#include "service/web_client.hpp"

#include "base/text.hpp"
#include "service/connect.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

namespace catchup::service {

namespace {

constexpr std::size_t max_answer = 1024 * 1024;
constexpr base::unix_seconds day_seconds = 24 * 60 * 60;

struct free_tls {
  void operator()(SSL* s) const noexcept { SSL_free(s); }
  void operator()(SSL_CTX* c) const noexcept { SSL_CTX_free(c); }
};

/// The value of a header in a head in lower case names, or nothing.
std::string header(const std::string& head, std::string_view name) {
  auto folded = base::lower(head);
  auto at = folded.find("\r\n" + std::string{name} + ":");
  if (at == folded.npos)
    return {};
  auto from = head.find_first_not_of(' ', at + name.size() + 3);
  return head.substr(from, head.find("\r\n", from) - from);
}

std::size_t number(const std::string& text, int base) {
  std::size_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out, base);
  return out;
}

/// The content of a body in chunks (RFC 9112 §7.1), as far as it is well formed.
std::string without_chunks(const std::string& body) {
  std::string out;
  for (std::size_t at = 0; at < body.size();) {
    auto line = body.find("\r\n", at);
    auto size = number(body.substr(at, line - at), 16);
    if (line == body.npos || size == 0 || size > body.size() - line - 2)
      break;
    out.append(body, line + 2, size);
    at = line + 2 + size + 2;
  }
  return out;
}

} // namespace

/// One connection, with or without TLS.
class web_client::line {
public:
  /// Why it failed; empty when it did not.
  std::string open(const target& to) {
    auto fd = connect_to(to.host, to.port, protocol::tcp);
    if (!fd)
      return fd.error();
    fd_ = std::move(*fd);
    if (!to.tls)
      return {};
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_default_verify_paths(context_.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr); // looked at below
    tls_.reset(SSL_new(context_.get()));
    SSL_set_tlsext_host_name(tls_.get(), to.host.c_str());
    SSL_set1_host(tls_.get(), to.host.c_str());
    SSL_set_fd(tls_.get(), fd_.get());
    if (SSL_connect(tls_.get()) != 1)
      return to.host + " port " + std::to_string(to.port) + " does not speak TLS";
    auto verified = SSL_get_verify_result(tls_.get());
    if (verified != X509_V_OK)
      return to.host + ": " + X509_verify_cert_error_string(verified);
    return {};
  }

  bool write(const std::string& data) {
    for (std::size_t sent = 0; sent < data.size();) {
      auto size = data.size() - sent;
      auto n = tls_ ? SSL_write(tls_.get(), data.data() + sent, static_cast<int>(size))
                    : send(fd_.get(), data.data() + sent, size, MSG_NOSIGNAL);
      if (n <= 0)
        return false;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }

  /// False at the end.
  bool read_more(std::string& into) {
    std::array<char, 16384> part{};
    auto n = tls_ ? SSL_read(tls_.get(), part.data(), static_cast<int>(part.size()))
                  : recv(fd_.get(), part.data(), part.size(), 0);
    if (n <= 0 || into.size() > max_answer)
      return false;
    into.append(part.data(), static_cast<std::size_t>(n));
    return true;
  }

  std::optional<base::unix_seconds> expires() const {
    if (!tls_)
      return std::nullopt;
    std::unique_ptr<X509, decltype(&X509_free)> own{SSL_get1_peer_certificate(tls_.get()),
                                                    X509_free};
    int days = 0, seconds = 0;
    if (!own || ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(own.get())) != 1)
      return std::nullopt;
    return base::unix_now() + base::unix_seconds{days} * day_seconds + seconds;
  }

private:
  socket_fd fd_;
  std::unique_ptr<SSL_CTX, free_tls> context_;
  std::unique_ptr<SSL, free_tls> tls_;
};

web_client::web_client(target where) : where_(std::move(where)) {}
web_client::~web_client() = default;

std::string web_client::open() {
  if (line_)
    return {};
  auto opened = std::make_unique<line>();
  auto trouble = opened->open(where_);
  expires_ = opened->expires();
  if (trouble.empty())
    line_ = std::move(opened);
  return trouble;
}

web_answer web_client::ask(const std::string& method, const std::string& path,
                           const std::string& headers, const std::string& body) {
  web_answer out;
  out.trouble = open();
  if (!out.trouble.empty())
    return out;
  auto length = method == "POST" ? "Content-Length: " + std::to_string(body.size()) + "\r\n" : "";
  std::string got;
  std::size_t end = 0;
  out.trouble = "no answer to " + method + ' ' + path;
  if (!line_->write(method + ' ' + path + " HTTP/1.1\r\nHost: " + where_.host + "\r\n" + headers +
                    length + "\r\n" + body)) {
    line_.reset();
    return out;
  }
  while ((end = got.find("\r\n\r\n")) == got.npos)
    if (!line_->read_more(got)) {
      line_.reset();
      return out;
    }
  auto head = got.substr(0, end + 2);
  out.body = got.substr(end + 4);
  out.status =
      static_cast<int>(number(head.substr(std::min(head.find(' '), head.size() - 1) + 1), 10));
  out.location = header(head, "location");
  out.hsts = header(head, "strict-transport-security");
  out.policy = header(head, "content-security-policy");
  out.trouble.clear();
  if (out.status == 101)
    return out;
  bool chunked = header(head, "transfer-encoding") == "chunked";
  auto size = number(header(head, "content-length"), 10);
  auto done = [&] { return chunked ? out.body.ends_with("0\r\n\r\n") : out.body.size() >= size; };
  while (!done() && line_->read_more(out.body)) {
  }
  if (chunked)
    out.body = without_chunks(out.body);
  return out;
}

std::optional<long> web_client::days_left() const {
  if (!expires_)
    return std::nullopt;
  return (*expires_ - base::unix_now()) / day_seconds;
}

bool answers(std::uint16_t http_port) {
  auto answer = web_client{{"127.0.0.1", http_port, false}}.ask("GET", "/readyz");
  return answer.status == 200 || answer.body.find("draining") != answer.body.npos;
}

} // namespace catchup::service
