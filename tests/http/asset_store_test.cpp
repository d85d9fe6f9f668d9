#define CAF_SUITE http_asset_store
#include "http/asset_store.hpp"

#include "support/test.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

using namespace catchup::http;

namespace {

const asset_file files[] = {
    {"index.html", "page"},           {"index.html.br", "page in br"},
    {"index.html.gz", "page in gz"},  {"assets/a-1.js", "script"},
    {"assets/a-1.js.gz", "zipped"},   {"logo.svg", "<svg/>"},
    {"orphan.css.br", "no original"}, {"empty.txt", ""},
};

std::string header(const reply& r, std::string_view name) {
  for (auto& [n, v] : r.headers)
    if (n == name)
      return v;
  return "";
}

struct folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("catchup-assets-" + std::to_string(::getpid()));
  folder() { std::filesystem::create_directories(path / "assets"); }
  ~folder() { std::filesystem::remove_all(path); }
  void put(const std::string& name, std::string_view content) const {
    std::ofstream{path / name, std::ios::binary} << content;
  }
};

} // namespace

TEST(the best encoding that the client accepts is chosen) {
  auto store = asset_store::from_files(files);
  auto get = [&](std::string_view accept) { return store.page({accept, ""}); };
  CHECK_EQUAL(get("").content(), "page");
  CHECK_EQUAL(get("gzip, deflate, br, zstd").content(), "page in br");
  CHECK_EQUAL(header(get("gzip, br"), "Content-Encoding"), "br");
  CHECK_EQUAL(get("gzip").content(), "page in gz");
  CHECK_EQUAL(header(get("gzip"), "Content-Encoding"), "gzip");
  CHECK_EQUAL(get("br;q=0, gzip").content(), "page in gz");
  CHECK_EQUAL(get("deflate").content(), "page");
  CHECK_EQUAL(header(get("deflate"), "Content-Encoding"), "");
  for (auto accept : {"", "gzip", "br"})
    CHECK_EQUAL(header(get(accept), "Vary"), "Accept-Encoding");
  CHECK_EQUAL(store.asset("/assets/a-1.js", {"br, gzip", ""}).content(), "zipped");
}

TEST(each encoding has a strong tag of its own) {
  auto store = asset_store::from_files(files);
  std::set<std::string> tags;
  for (auto accept : {"", "gzip", "br"}) {
    auto tag = header(store.page({accept, ""}), "ETag");
    CHECK(tag.starts_with('"') && tag.ends_with('"') && tag.size() > 10);
    tags.insert(tag);
  }
  CHECK_EQUAL(tags.size(), 3u);
}

TEST(what the client has is not sent again) {
  auto store = asset_store::from_files(files);
  auto tag = header(store.page({"br", ""}), "ETag");
  for (auto known : {tag, "W/" + tag, "\"x\", " + tag + " ,\"y\"", std::string{"*"}}) {
    auto r = store.page({"br", known});
    CHECK_EQUAL(r.status, 304u);
    CHECK_EQUAL(header(r, "ETag"), tag);
    CHECK_EQUAL(header(r, "Cache-Control"), "no-cache");
    CHECK(r.content().empty());
  }
  CHECK_EQUAL(store.page({"gzip", tag}).status, 200u); // the tag of another encoding
  CHECK_EQUAL(store.page({"br", tag.substr(1)}).status, 200u);
}

TEST(hashed files are kept for ever and others asked for again) {
  auto store = asset_store::from_files(files);
  CHECK(header(store.asset("/assets/a-1.js", {}), "Cache-Control").ends_with("immutable"));
  CHECK_EQUAL(header(store.asset("/logo.svg", {}), "Cache-Control"), "no-cache");
  CHECK_EQUAL(header(store.page({}), "Cache-Control"), "no-cache");
}

TEST(types follow from endings) {
  auto store = asset_store::from_files(files);
  CHECK_EQUAL(header(store.page({"br", ""}), "Content-Type"), "text/html; charset=utf-8");
  CHECK_EQUAL(header(store.asset("/assets/a-1.js", {"gzip", ""}), "Content-Type"),
              "text/javascript; charset=utf-8");
  CHECK_EQUAL(mime_of("x.wasm"), "application/wasm");
  CHECK_EQUAL(mime_of("x.webmanifest"), "application/manifest+json");
  CHECK_EQUAL(mime_of("x.unknown"), "application/octet-stream");
  CHECK_EQUAL(mime_of(""), "application/octet-stream");
}

TEST(only files of the app are there) {
  auto store = asset_store::from_files(files);
  for (auto path :
       {"/none.js", "/assets/", "/assets", "", "logo.svg", "//logo.svg", "/assets/../logo.svg",
        "/%6cogo.svg", "/orphan.css", "/index.html.br", "/logo.svg/", "/../etc/passwd"})
    CHECK_EQUAL(store.asset(path, {}).status, 404u);
  CHECK_EQUAL(store.asset("/logo.svg", {}).status, 200u);
  CHECK_EQUAL(store.asset("/empty.txt", {}).status, 200u);
}

TEST(every file there is can be had by its path) {
  auto store = asset_store::from_files(files);
  auto paths = store.paths();
  CHECK_EQUAL(paths.size(), store.size());
  CHECK(std::find(paths.begin(), paths.end(), "/") != paths.end());
  for (const auto& path : paths)
    CHECK_EQUAL((path == "/" ? store.page({}) : store.asset(path, {})).status, 200u);
}

TEST(Accept - Encoding is read as its grammar says) {
  CHECK(accepts_encoding("br", "br"));
  CHECK(accepts_encoding("BR", "br"));
  CHECK(accepts_encoding("gzip;q=0.5 , br;q=0.001", "br"));
  CHECK(accepts_encoding("*", "br"));
  CHECK(accepts_encoding("identity;q=0, *;q=0.1", "gzip"));
  CHECK(!accepts_encoding("", "br"));
  CHECK(!accepts_encoding("*;q=0", "br"));
  CHECK(!accepts_encoding("br;q=0", "br"));
  CHECK(!accepts_encoding("br; q=0.000", "br"));
  CHECK(!accepts_encoding("*, br;q=0", "br"));
  CHECK(!accepts_encoding("xbr, brx", "br"));
  CHECK(!accepts_encoding(",,;,", "br"));
}

TEST(a folder is served from memory) {
  folder dist;
  dist.put("index.html", "page");
  dist.put("assets/a.js", "script");
  dist.put("assets/a.js.br", "compressed");
  auto store = asset_store::from_directory(dist.path.string());
  std::filesystem::remove_all(dist.path);
  CHECK_EQUAL(store.page({}).content(), "page");
  auto moved = std::move(store);
  CHECK_EQUAL(moved.asset("/assets/a.js", {"br", ""}).content(), "compressed");
}

TEST(a folder without a page is a mistake) {
  folder dist;
  auto throws = [&](const std::string& path) {
    try {
      (void)asset_store::from_directory(path);
      return false;
    } catch (const std::exception&) {
      return true;
    }
  };
  CHECK(throws(dist.path.string()));
  CHECK(throws((dist.path / "missing").string()));
}

TEST(without a web app there is a page that says so) {
  auto r = asset_store{}.page({});
  CHECK_EQUAL(r.status, 200u);
  CHECK(r.content().find("was not built") != std::string_view::npos);
  CHECK_EQUAL(asset_store::from_files({}).page({}).content(), r.content());
}
