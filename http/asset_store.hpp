#pragma once
// The web app's files, in memory, each in up to three encodings.

#include "http/reply.hpp"

#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace catchup::http {

/// One file of the built web app.
struct asset_file {
  std::string_view path; ///< relative, `/` between folders, e.g. `assets/index-1a2b.js.br`
  std::string_view content;
};

/// The representation that a request asks for.
struct asset_request {
  std::string_view accept_encoding;
  std::string_view if_none_match;
};

/// Immutable after construction, so any thread may ask.
class asset_store {
public:
  /// Serves a page that says that the web app was not built.
  asset_store();
  asset_store(asset_store&&) = default;
  asset_store& operator=(asset_store&&) = default;

  /// Reads a folder such as web/dist. Throws std::runtime_error when it cannot
  /// be read, is larger than 64 MiB or has no index.html.
  static asset_store from_directory(const std::string& folder);

  /// The contents (not the paths) must outlive the store. Without an index.html it
  /// serves what the default one does.
  static asset_store from_files(std::span<const asset_file> files);

  /// The app's page: for `/` and every room link.
  reply page(const asset_request& r) const;
  /// The app's page with status 404, which says that nothing is there.
  reply missing_page(const asset_request& r) const;
  /// A file by its path, with a leading slash; 404 when there is none.
  reply asset(std::string_view path, const asset_request& r) const;

  std::size_t size() const noexcept { return entries_.size(); }
  /// Of every file, with a leading slash; the page is `/`.
  std::vector<std::string> paths() const;

private:
  struct variant {
    std::string_view content;
    std::string etag; ///< with quotes; empty: there is no such variant
  };
  struct entry {
    std::string_view mime;
    bool immutable = false;
    variant plain, brotli, gzip;
  };
  static reply answer(const entry& e, const asset_request& r);

  std::deque<std::string> owned_;
  std::map<std::string, entry, std::less<>> entries_;
};

/// Whether an Accept header names text/html, as those of browsers do that follow a link.
bool accepts_html(std::string_view accept) noexcept;

/// The type by a path's ending; application/octet-stream when unknown.
std::string_view mime_of(std::string_view path) noexcept;

/// Whether `coding` is acceptable (RFC 9110 §12.5.3), named or by `*`, q > 0.
bool accepts_encoding(std::string_view accept_encoding, std::string_view coding) noexcept;

/// Whether If-None-Match names `etag` (RFC 9110 §13.1.2, weak comparison).
bool etag_matches(std::string_view if_none_match, std::string_view etag) noexcept;

} // namespace catchup::http
