#include <fanfare/server/server.hpp>
#include <fanfare/server/static_files.hpp>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "support/catch.hpp"

namespace fs = std::filesystem;
using fanfare::Request;
using fanfare::Response;
using fanfare::detail::static_file;

namespace {

/// A folder with some files, beside a secret.
class Site {
 public:
  Site() : root_(fs::temp_directory_path() / ("fanfare_files_" + std::to_string(std::random_device{}()))) {
    fs::create_directories(folder() / "sub");
    fs::create_directories(folder() / ".hidden");
    write("site/index.html", "<p>home</p>");
    write("site/app.js", "let x");
    write("site/sub/index.html", "<p>sub</p>");
    write("site/sub/data.bin", std::string("\0\r\n\xff", 4));
    write("site/.secret", "no");
    write("site/.hidden/file.txt", "no");
    write("secret.txt", "no");
    write("site-2/secret.txt", "no");
  }
  ~Site() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  fs::path folder() const { return root_ / "site"; }
  fs::path root() const { return root_; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << text;
  }
  Response get(std::vector<std::string> segments, Request request = {}) const {
    return static_file(folder().string(), segments, request);
  }
  int status(std::vector<std::string> segments) const { return get(std::move(segments)).status; }

 private:
  const fs::path root_;
};

std::string field(const Response& response, std::string_view name) {
  const std::string* value = fanfare::wire::find_field(response.fields, name);
  return value ? *value : "";
}
Request if_none_match(std::string value) {
  Request request;
  request.add_field("If-None-Match", value);
  return request;
}

}  // namespace

TEST_CASE("static files: bytes with type and validator", "[server][files]") {
  const Site site;
  const auto response = site.get({"app.js"});
  CHECK(response.status == 200);
  CHECK(response.body == "let x");
  CHECK(response.content_type == "text/javascript; charset=utf-8");
  CHECK(field(response, "ETag").size() > 4);
  CHECK(field(response, "Cache-Control") == "no-cache");
  CHECK(field(response, "X-Content-Type-Options") == "nosniff");
  const auto binary = site.get({"sub", "data.bin"});
  CHECK(binary.body == std::string("\0\r\n\xff", 4));
  CHECK(binary.content_type == "application/octet-stream");
}

TEST_CASE("static files: the index of a folder", "[server][files]") {
  const Site site;
  CHECK(site.get({}).body == "<p>home</p>");
  CHECK(site.get({""}).body == "<p>home</p>");
  CHECK(site.get({"sub", ""}).body == "<p>sub</p>");
  CHECK(site.get({}).content_type == "text/html; charset=utf-8");
}

TEST_CASE("static files: what is missing is 404", "[server][files]") {
  const Site site;
  CHECK(site.status({"missing.js"}) == 404);
  CHECK(site.status({"app.js", "x"}) == 404);
  CHECK(site.status({"sub", "missing", "x"}) == 404);
  fs::remove(site.folder() / "sub" / "index.html");
  CHECK(site.status({"sub", ""}) == 404);
  CHECK(static_file((site.root() / "no folder").string(), {"app.js"}, {}).status == 404);
}

TEST_CASE("static files: no way leads out of the folder", "[server][files]") {
  const Site site;
  CHECK(site.status({"..", "secret.txt"}) == 404);
  CHECK(site.status({"sub", "..", "app.js"}) == 404);
  CHECK(site.status({"..", "site-2", "secret.txt"}) == 404);
  CHECK(site.status({"../secret.txt"}) == 404);
  CHECK(site.status({(site.root() / "secret.txt").string()}) == 404);
  CHECK(site.status({"sub/index.html"}) == 404);
  CHECK(site.status({"..\\secret.txt"}) == 404);
  CHECK(site.status({std::string("app.js\0.html", 12)}) == 404);
  CHECK(site.status({"app.js."}) == 404);
  CHECK(site.status({"app.js "}) == 404);
  CHECK(site.status({"c:"}) == 404);
}

TEST_CASE("static files: no dot files", "[server][files]") {
  const Site site;
  CHECK(site.status({".secret"}) == 404);
  CHECK(site.status({".hidden", "file.txt"}) == 404);
  CHECK(site.status({"."}) == 404);
}

TEST_CASE("static files: links are followed within the folder only", "[server][files]") {
  const Site site;
  fs::create_symlink(site.folder() / "app.js", site.folder() / "inside.js");
  fs::create_symlink(site.root() / "secret.txt", site.folder() / "outside.txt");
  fs::create_symlink(site.root() / "site-2", site.folder() / "folder");
  fs::create_symlink(site.folder() / "loop", site.folder() / "loop");
  CHECK(site.get({"inside.js"}).body == "let x");
  CHECK(site.status({"outside.txt"}) == 404);
  CHECK(site.status({"folder", "secret.txt"}) == 404);
  CHECK(site.status({"loop"}) == 404);
  fs::create_symlink(site.folder(), site.root() / "linked");
  CHECK(static_file((site.root() / "linked").string(), {"app.js"}, {}).body == "let x");
}

TEST_CASE("static files: only files", "[server][files]") {
  const Site site;
  fs::create_directories(site.folder() / "empty" / "index.html");
  CHECK(site.status({"empty", ""}) == 404);
}

// RFC 9110 sec. 13.1.2
TEST_CASE("static files: who has it already gets 304", "[server][files]") {
  const Site site;
  const std::string etag = field(site.get({"app.js"}), "ETag");
  const auto unchanged = site.get({"app.js"}, if_none_match(etag));
  CHECK(unchanged.status == 304);
  CHECK(unchanged.body.empty());
  CHECK(field(unchanged, "ETag") == etag);
  CHECK(site.get({"app.js"}, if_none_match("\"other\", " + etag)).status == 304);
  CHECK(site.get({"app.js"}, if_none_match("W/" + etag)).status == 304);  // compared weakly
  CHECK(site.get({"app.js"}, if_none_match("*")).status == 304);
  CHECK(site.get({"app.js"}, if_none_match("\"other\"")).status == 200);
  site.write("site/app.js", "let y = 1");
  CHECK(site.get({"app.js"}, if_none_match(etag)).status == 200);
  CHECK(site.get({"missing"}, if_none_match("*")).status == 404);
}

TEST_CASE("static files: a folder without its slash is sent there, and nowhere else", "[server][files]") {
  // Else the links of its index would be resolved against the folder above.
  const Site site;
  const auto at = [&](std::string target, std::vector<std::string> segments) {
    return site.get(std::move(segments), Request{.target = std::move(target)});
  };
  const auto moved = at("/static/sub", {"sub"});
  CHECK(moved.status == 301);
  CHECK(field(moved, "Location") == "./sub/");
  CHECK(field(at("/static/sub?x=1", {"sub"}), "Location") == "./sub/?x=1");
  CHECK(at("/static/sub/", {"sub", ""}).status == 200);
  CHECK(at("/static", {}).status == 301);
  CHECK(field(at("/static", {}), "Location") == "./static/");
  CHECK(at("/", {}).status == 200);
  CHECK(field(at("//sub", {"", "sub"}), "Location") == "./sub/");
  CHECK(at("//evil.example", {"", "evil.example"}).status == 404);
  fs::create_symlink(site.root() / "site-2", site.folder() / "outside");
  CHECK(at("/static/outside", {"outside"}).status == 404);
}
