#include "http/asset_store.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vector>

namespace catchup::http {

namespace {

constexpr std::size_t max_total = 64 * 1024 * 1024;

constexpr std::string_view placeholder =
    "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>catchup</title>\n"
    "<h1>The web app was not built</h1>\n"
    "<p>This server was built without its web app. Build <code>web/</code> first "
    "(<code>npm ci && npm run build</code>), then the server.</p></html>\n";

std::string_view trim(std::string_view s) noexcept {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t'))
    s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t'))
    s.remove_suffix(1);
  return s;
}

/// Takes the part before `separator` off the front of `list`.
std::string_view next(std::string_view& list, char separator) noexcept {
  auto end = std::min(list.find(separator), list.size());
  auto item = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return item;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

/// Strong, and different for each encoding of a file.
std::string make_etag(std::string_view content) {
  auto hash = base::sha256(base::as_bytes(content));
  return '"' + base::to_base64url(base::const_bytes{hash}.first(12)) + '"';
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  std::string out{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    throw std::runtime_error("cannot read " + path.string());
  return out;
}

} // namespace

asset_store::asset_store() {
  entries_["index.html"] = {
      "text/html; charset=utf-8", false, {placeholder, make_etag(placeholder)}, {}, {}};
}

asset_store asset_store::from_directory(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> paths;
  std::deque<std::string> contents;
  std::size_t total = 0;
  for (auto& file : fs::recursive_directory_iterator{folder}) {
    if (!file.is_regular_file())
      continue;
    paths.push_back(fs::relative(file.path(), folder).generic_string());
    contents.push_back(read_file(file.path()));
    total += contents.back().size();
    if (total > max_total)
      throw std::runtime_error(folder + " is too large to be a web app");
  }
  if (std::find(paths.begin(), paths.end(), "index.html") == paths.end())
    throw std::runtime_error(folder + " has no index.html");
  std::vector<asset_file> files;
  for (std::size_t i = 0; i < paths.size(); ++i)
    files.push_back({paths[i], contents[i]});
  auto out = from_files(files);
  out.owned_ = std::move(contents); // a deque's elements stay where they are
  return out;
}

asset_store asset_store::from_files(std::span<const asset_file> files) {
  asset_store out;
  for (auto& f : files) {
    if (f.path.ends_with(".br") || f.path.ends_with(".gz"))
      continue;
    out.entries_[std::string{f.path}] = {
        mime_of(f.path), f.path.starts_with("assets/"), {f.content, make_etag(f.content)}, {}, {}};
  }
  for (auto& f : files) {
    if (!f.path.ends_with(".br") && !f.path.ends_with(".gz"))
      continue;
    auto i = out.entries_.find(f.path.substr(0, f.path.size() - 3));
    if (i == out.entries_.end())
      continue;
    auto& slot = f.path.ends_with(".br") ? i->second.brotli : i->second.gzip;
    slot = {f.content, make_etag(f.content)};
  }
  return out;
}

reply asset_store::page(const asset_request& r) const {
  return answer(entries_.find("index.html")->second, r);
}

reply asset_store::missing_page(const asset_request& r) const {
  auto out = answer(entries_.find("index.html")->second, {r.accept_encoding, {}});
  std::erase_if(out.headers, [](const auto& h) { return h.first == "ETag" || h.first == "Vary"; });
  out.with("Vary", "Accept, Accept-Encoding");
  out.status = 404;
  out.error = api_error::not_found;
  return out;
}

reply asset_store::asset(std::string_view path, const asset_request& r) const {
  if (path.starts_with('/'))
    if (auto i = entries_.find(path.substr(1)); i != entries_.end())
      return answer(i->second, r);
  return error_reply(api_error::not_found);
}

std::vector<std::string> asset_store::paths() const {
  std::vector<std::string> out;
  for (const auto& [path, e] : entries_)
    out.push_back(path == "index.html" ? "/" : '/' + path);
  return out;
}

reply asset_store::answer(const entry& e, const asset_request& r) {
  const variant* chosen = &e.plain;
  std::string_view coding;
  if (!e.brotli.etag.empty() && accepts_encoding(r.accept_encoding, "br")) {
    chosen = &e.brotli;
    coding = "br";
  } else if (!e.gzip.etag.empty() && accepts_encoding(r.accept_encoding, "gzip")) {
    chosen = &e.gzip;
    coding = "gzip";
  }
  reply out;
  out.with("ETag", chosen->etag)
      .with("Cache-Control", e.immutable ? "public, max-age=31536000, immutable" : "no-cache")
      .with("Vary", "Accept-Encoding");
  if (etag_matches(r.if_none_match, chosen->etag)) {
    out.status = 304;
    return out;
  }
  out.with("Content-Type", std::string{e.mime});
  if (!coding.empty())
    out.with("Content-Encoding", std::string{coding});
  out.static_body = chosen->content;
  return out;
}

bool accepts_html(std::string_view accept) noexcept {
  while (!accept.empty()) {
    auto item = next(accept, ',');
    auto type = next(item, ';');
    if (equal_ignoring_case(type, "text/html") ||
        equal_ignoring_case(type, "application/xhtml+xml"))
      return true;
  }
  return false;
}

std::string_view mime_of(std::string_view path) noexcept {
  struct type {
    std::string_view ending, mime;
  };
  static constexpr type types[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".webmanifest", "application/manifest+json"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".avif", "image/avif"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".wasm", "application/wasm"},
      {".mp3", "audio/mpeg"},
      {".ogg", "audio/ogg"},
      {".wav", "audio/wav"},
      {".txt", "text/plain; charset=utf-8"},
  };
  for (auto& t : types)
    if (path.ends_with(t.ending))
      return t.mime;
  return "application/octet-stream";
}

bool accepts_encoding(std::string_view accept_encoding, std::string_view coding) noexcept {
  bool any = false;
  while (!accept_encoding.empty()) {
    auto item = next(accept_encoding, ',');
    auto name = next(item, ';');
    bool wanted = true;
    while (!item.empty()) {
      auto parameter = next(item, ';');
      if (parameter.starts_with("q=") || parameter.starts_with("Q="))
        wanted = parameter.find_first_of("123456789") != parameter.npos;
    }
    if (equal_ignoring_case(name, coding))
      return wanted;
    if (name == "*")
      any = wanted;
  }
  return any;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) noexcept {
  if (trim(if_none_match) == "*")
    return true;
  while (!if_none_match.empty()) {
    auto item = next(if_none_match, ',');
    if (item.starts_with("W/"))
      item.remove_prefix(2);
    if (item == etag)
      return true;
  }
  return false;
}

} // namespace catchup::http
