// Forms with files on their way to disk, without a socket.
#include <fanfare/server/impl/upload_receiver.hpp>
#include <fanfare/server/server.hpp>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>

using fanfare::Request;
using fanfare::detail::UploadFile;
using fanfare::detail::UploadReceiver;
using Status = UploadReceiver::Status;

namespace {

constexpr std::string_view form_type = "multipart/form-data; boundary=B";

std::string file_part(std::string_view data, std::string_view file_name = "a.mp4") {
  return "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + std::string(file_name) +
         "\"\r\nContent-Type: video/mp4\r\n\r\n" + std::string(data) + "\r\n";
}
std::string field_part(std::string_view name, std::string_view data) {
  return "--B\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(data) + "\r\n";
}

struct Body {
  TemporaryFolder folder;
  fanfare::wire::HttpRequestHead head;
  std::unique_ptr<UploadReceiver> receiver;
  Request request;

  Status take(std::string_view body, std::size_t piece = 1000, std::string_view type = form_type) {
    head.content_length = body.size();
    receiver = std::make_unique<UploadReceiver>(folder.path(), type, head, 0);
    return feed(body, piece);
  }
  Status feed(std::string_view bytes, std::size_t piece) {
    Status status = Status::need_more;
    while (!bytes.empty() && status == Status::need_more) {
      std::string_view part = bytes.substr(0, piece);
      bytes.remove_prefix(part.size());
      status = receiver->receive(part);
    }
    if (status == Status::done) receiver->hand_over(request);
    return status;
  }
};

/// While it lives, no file of this process may grow beyond so many bytes.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = bytes;
    old_ = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, old_);
  }

 private:
  rlimit before_{};
  void (*old_)(int);
};

}  // namespace

TEST_CASE("uploads: a file is on disk as it was sent, and fields are beside it", "[server][uploads]") {
  Body body;
  std::string data(300'000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i * i >> 3);
  REQUIRE(body.take(field_part("title", "a & b=c") + file_part(data, "../../etc/x\xc3\xa9") + field_part("t 2", "") + "--B--\r\n") ==
          Status::done);
  REQUIRE(body.request.uploads.size() == 1);
  const auto& upload = body.request.uploads[0];
  CHECK(upload.name == "file");
  CHECK(upload.file_name == "../../etc/x\xc3\xa9");
  CHECK(upload.content_type == "video/mp4");
  CHECK(upload.bytes == data.size());
  CHECK(file_bytes(upload.path) == data);
  CHECK(body.request.form("title") == "a & b=c");
  CHECK(body.request.form("t 2").empty());
  CHECK(body.request.form("file").empty());

  // Of the server's making: in the folder, hard to guess, nobody else's.
  const std::filesystem::path path = upload.path;
  CHECK(path.parent_path() == body.folder.path());
  CHECK(path.filename().string().size() == 7 + 26);
  struct stat status {};
  REQUIRE(stat(upload.path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);

  body.receiver.reset();
  CHECK(body.folder.names().size() == 1);  // the host's to remove
}

TEST_CASE("uploads: several files, empty ones, and a choice that was left open", "[server][uploads]") {
  Body body;
  REQUIRE(body.take(file_part("one") + file_part("", "empty") + file_part("", "") + file_part("three", "") + "--B--", 1) ==
          Status::done);
  REQUIRE(body.request.uploads.size() == 3);
  CHECK(file_bytes(body.request.uploads[0].path) == "one");
  CHECK(body.request.uploads[1].bytes == 0);
  CHECK(file_bytes(body.request.uploads[2].path) == "three");
  CHECK(body.folder.names().size() == 3);
}

TEST_CASE("uploads: a body in chunks", "[server][uploads]") {
  Body body;
  body.head.chunked = true;
  std::string text;
  for (const char c : file_part("hello") + "--B--") fanfare::wire::append_chunk(text, {&c, 1});
  fanfare::wire::append_last_chunk(text);
  body.receiver = std::make_unique<UploadReceiver>(body.folder.path(), form_type, body.head, 1000);
  CHECK(body.feed(text, 7) == Status::done);
  CHECK(file_bytes(body.request.uploads.at(0).path) == "hello");
  body.receiver = std::make_unique<UploadReceiver>(body.folder.path(), form_type, body.head, 100);
  CHECK(body.feed(text, 7) == Status::failed);
  CHECK(body.receiver->refusal().status == 413);
}

TEST_CASE("uploads: not one byte behind the body is taken", "[server][uploads]") {
  Body body;
  const std::string form = file_part("x") + "--B--";
  body.head.content_length = form.size();
  body.receiver = std::make_unique<UploadReceiver>(body.folder.path(), form_type, body.head, 0);
  const std::string text = form + "GET / HTTP/1.1";
  std::string_view bytes = text;
  CHECK(body.receiver->receive(bytes) == Status::done);
  CHECK(bytes == "GET / HTTP/1.1");
}

TEST_CASE("uploads: whatever goes wrong, no file is left", "[server][uploads]") {
  Body body;
  const std::string whole = file_part("first") + file_part(std::string(200'000, 'x'));
  SECTION("the connection is cut") {
    CHECK(body.feed("", 1) == Status::need_more);
    CHECK(body.take(whole + "--B--") == Status::done);
    for (const auto& upload : body.request.uploads) std::filesystem::remove(upload.path);
    body.head.content_length = 1'000'000;
    body.receiver = std::make_unique<UploadReceiver>(body.folder.path(), form_type, body.head, 0);
    CHECK(body.feed(whole, 1000) == Status::need_more);
    CHECK(body.folder.names().size() == 2);
  }
  SECTION("the form ends early") {
    CHECK(body.take(whole) == Status::failed);
    CHECK(body.receiver->refusal().status == 400);
  }
  SECTION("the form is malformed") {
    CHECK(body.take(whole + "--Bx") == Status::failed);
    CHECK(body.receiver->refusal().status == 400);
  }
  SECTION("its fields are too long") {
    CHECK(body.take(whole + field_part("a", std::string(70'000, 'x')) + "--B--") == Status::failed);
    CHECK(body.receiver->refusal().status == 413);
  }
  SECTION("it has too many parts") {
    std::string many = file_part("x");
    for (int i = 0; i < 100; ++i) many += field_part("a", "x");
    CHECK(body.take(many + "--B--") == Status::failed);
    CHECK(body.receiver->refusal().status == 413);
  }
  SECTION("the disk is full") {
    const SmallDisk disk(100'000);
    CHECK(body.take(whole + "--B--") == Status::failed);
    CHECK(body.receiver->refusal().status == 507);
  }
  SECTION("the folder is gone") {
    std::filesystem::remove(body.folder.path());
    CHECK(body.take(whole + "--B--") == Status::failed);
    CHECK(body.receiver->refusal().status == 500);
    CHECK(body.receiver->refusal().error == std::errc::no_such_file_or_directory);
    std::filesystem::create_directory(body.folder.path());
  }
  std::string_view more = "more";
  if (body.receiver->refusal().status != 0) CHECK(body.receiver->receive(more) == Status::failed);
  body.receiver.reset();
  CHECK(body.folder.names().empty());
}

TEST_CASE("uploads: other bodies are refused before they are read", "[server][uploads]") {
  Body body;
  for (const char* type : {"", "application/json", "multipart/mixed; boundary=B", "application/x-www-form-urlencoded"}) {
    CHECK(body.take("{}", 10, type) == Status::failed);
    CHECK(body.receiver->refusal().status == 415);
  }
  for (const char* type : {"multipart/form-data", "multipart/form-data; boundary=\"\""}) {
    CHECK(body.take("--B--", 10, type) == Status::failed);
    CHECK(body.receiver->refusal().status == 400);
  }
}

TEST_CASE("uploads: a body has moved on every 16 KiB, however small its pieces", "[server][uploads]") {
  Body body;
  body.head.content_length = 100'000;
  body.receiver = std::make_unique<UploadReceiver>(body.folder.path(), form_type, body.head, 0);
  int moves = 0, asked = 0;
  const std::string text = file_part(std::string(64 << 10, 'x'));
  for (std::size_t at = 0; at < (64 << 10); at += 100, ++asked) {
    std::string_view bytes = std::string_view(text).substr(at, 100);
    REQUIRE(body.receiver->receive(bytes) == Status::need_more);
    moves += body.receiver->moved_on() ? 1 : 0;
  }
  CHECK(asked > 600);
  CHECK(moves >= 3);
  CHECK(moves <= 4);
}

TEST_CASE("uploads: names are new each time, and a file is removed unless it is kept", "[server][uploads]") {
  const TemporaryFolder folder;
  std::set<std::string> names;
  for (int i = 0; i < 100; ++i) {
    UploadFile file;
    REQUIRE_FALSE(file.create(folder.path()));
    REQUIRE_FALSE(file.write("x"));
    REQUIRE_FALSE(file.close());
    CHECK(folder.names().size() == 1);
    names.insert(folder.names()[0]);
  }
  CHECK(names.size() == 100);
  CHECK(folder.names().empty());
  UploadFile file;
  REQUIRE_FALSE(file.create(folder.path()));
  file.keep();
  file.discard();
  CHECK(folder.names().size() == 1);
}

TEST_CASE("uploads: a route for them needs a folder that can be written", "[server][uploads]") {
  fanfare::Broker broker;
  fanfare::Server server(broker, {.port = 0});
  const TemporaryFolder folder;
  const auto mount = [&](std::string path, const std::string& directory) {
    server.post(std::move(path), [](const Request&) { return fanfare::Response{}; }, {.upload_dir = directory});
  };
  mount("/good", folder.path());
  CHECK(folder.names().empty());
  CHECK_THROWS_WITH(mount("/a", folder.path() + "/missing"),
                    Catch::Contains("post '/a': BodyOptions::upload_dir is") && Catch::Contains("which is no folder"));
  std::ofstream(folder.path() + "/file") << "x";
  CHECK_THROWS_WITH(mount("/b", folder.path() + "/file"), Catch::Contains("which is no folder"));
  // Nobody may make files there, not even root.
  if (std::filesystem::exists("/proc/self"))
    CHECK_THROWS_WITH(mount("/c", "/proc/self"), Catch::Contains("where no file can be made"));
}
