#include <fanfare/error.hpp>
#include <fanfare/wire/multipart.hpp>

#include "support/catch.hpp"

#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace fanfare::wire;
using namespace std::string_literals;
using fanfare::Error;

namespace {

struct Part {
  MultipartPart head;
  std::string data = {};
  bool whole = false;
};

struct Outcome {
  std::vector<Part> parts = {};
  MultipartStatus status = MultipartStatus::need_more;
  HttpRefusal refusal = {};
};

Outcome parse_pieces(std::string_view text, std::size_t first, std::size_t each, MultipartLimits limits) {
  MultipartParser parser("B", limits);
  Outcome out;
  for (std::size_t at = 0, size = first; at < text.size(); at += size, size = each) {
    std::string_view bytes = text.substr(at, size);
    for (bool more = true; more;) {
      out.status = parser.parse(bytes);
      switch (out.status) {
        case MultipartStatus::part: out.parts.push_back({parser.part()}); break;
        case MultipartStatus::data:
          if (parser.data().empty()) FAIL("empty data");
          out.parts.back().data += parser.data();
          break;
        case MultipartStatus::part_end: out.parts.back().whole = true; break;
        case MultipartStatus::need_more:
        case MultipartStatus::done:
          if (!bytes.empty()) FAIL("bytes are left");
          more = false;
          break;
        case MultipartStatus::failed: more = false; break;
      }
    }
  }
  std::string_view nothing;
  if (out.status != MultipartStatus::need_more && parser.parse(nothing) != out.status)
    FAIL("the outcome does not last");
  if (parser.done() != (out.status == MultipartStatus::done)) FAIL("done is another thing");
  out.refusal = parser.refusal();
  return out;
}

std::string to_text(const Outcome& o) {
  std::string text = std::to_string(static_cast<int>(o.status)) + ' ' + std::string(o.refusal.reason);
  for (const auto& [head, data, whole] : o.parts) {
    text += "\n" + head.name + (head.is_file ? " file " : " ") + head.file_name + ' ' + head.content_type + ' ' + data;
    text += whole ? "." : "...";
  }
  return text;
}

// Whole, byte by byte, and split in two at every position: all must come out the same.
Outcome parse(std::string_view text, MultipartLimits limits = {}) {
  const Outcome whole = parse_pieces(text, text.size(), 1, limits);
  const std::string expected = to_text(whole);
  for (std::size_t split = 1; split <= text.size(); split += 1 + text.size() / 1000) {
    CAPTURE(split);
    REQUIRE(to_text(parse_pieces(text, split, text.size() + 1, limits)) == expected);
  }
  REQUIRE(to_text(parse_pieces(text, 1, 1, limits)) == expected);
  return whole;
}

std::string field(std::string_view name, std::string_view data) {
  return "--B\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(data) + "\r\n";
}

// One part with this head, and "x" in it.
Outcome parse_head(const std::string& head, MultipartLimits limits = {}) {
  return parse("--B\r\n" + head + "\r\n\r\nx\r\n--B--", limits);
}

MultipartPart part_of(const std::string& disposition) {
  const Outcome out = parse_head("Content-Disposition: form-data; " + disposition);
  INFO(disposition << ": " << out.refusal.reason);
  REQUIRE(out.status == MultipartStatus::done);
  REQUIRE(out.parts.size() == 1);
  CHECK(out.parts[0].data == "x");
  return out.parts[0].head;
}

void check_refused(const Outcome& out, Error error, int status) {
  INFO(to_text(out));
  CHECK(out.status == MultipartStatus::failed);
  CHECK(out.refusal.error == error);
  CHECK(out.refusal.status == status);
}

}  // namespace

TEST_CASE("multipart: what a browser sends", "[wire][multipart]") {
  const Outcome good = parse(
      "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA day\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a day.mp4\"\r\n"
      "Content-Type: video/mp4\r\n\r\n\0\r\n--\r\nB--B\xff\r\n-\r\r\n--A\r\n\r\n--B--\r\n"s);
  REQUIRE(good.status == MultipartStatus::done);
  REQUIRE(good.parts.size() == 2);
  CHECK(good.parts[0].head.name == "title");
  CHECK_FALSE(good.parts[0].head.is_file);
  CHECK(good.parts[0].head.content_type == "text/plain");
  CHECK(good.parts[0].data == "A day");
  CHECK(good.parts[1].head.name == "file");
  CHECK(good.parts[1].head.is_file);
  CHECK(good.parts[1].head.file_name == "a day.mp4");
  CHECK(good.parts[1].head.content_type == "video/mp4");
  CHECK(good.parts[1].data == "\0\r\n--\r\nB--B\xff\r\n-\r\r\n--A\r\n"s);
  CHECK(good.parts[1].whole);
}

TEST_CASE("multipart: RFC 2046 sec 5-1-1 preamble, padding and epilogue are dropped", "[wire][multipart]") {
  const Outcome out = parse("hello\r\n--A\r\n--B \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--B--\r\n--B\r\nrest");
  CHECK(out.status == MultipartStatus::done);
  REQUIRE(out.parts.size() == 1);
  CHECK(out.parts[0].data == "1");
  CHECK(parse("\r\n--B--").status == MultipartStatus::done);
  CHECK(parse("--B--").parts.empty());
  CHECK(parse(std::string(1000, 'x') + "\r\n--B--").status == MultipartStatus::done);
  check_refused(parse(std::string(1100, 'x') + "\r\n--B--"), Error::malformed, 400);
  check_refused(parse(std::string(1100, '\r') + "\r\n--B--"), Error::malformed, 400);
}

TEST_CASE("multipart: parts without data, and data that nearly ends", "[wire][multipart]") {
  CHECK(parse(field("a", "") + "--B--").parts.at(0).data.empty());
  // RFC 2046 sec. 5.1: the empty line's CRLF is the delimiter's when there is no data.
  const Outcome bare = parse("--B\r\nContent-Disposition: form-data; name=a\r\n\r\n--B--");
  CHECK(bare.status == MultipartStatus::done);
  CHECK(bare.parts.at(0).data.empty());
  for (const char* data : {"\r", "\n", "\r\n", "\r\n-", "\r\n--", "-", "--", "--A", "\r\r\n", "\r\n\r\n--", "\r\n--A\r\n--"}) {
    CAPTURE(data);
    const Outcome out = parse(field("a", data) + "--B--");
    CHECK(out.status == MultipartStatus::done);
    CHECK(out.parts.at(0).data == data);
    CHECK(out.parts.at(0).whole);
  }
}

TEST_CASE("multipart: a body that is cut short is not done", "[wire][multipart]") {
  const std::string text = field("a", "data") + "--B--";
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK(parse_pieces(text.substr(0, size), size, 1, {}).status != MultipartStatus::done);
  CHECK_FALSE(parse(text.substr(0, text.size() - 6)).parts.at(0).whole);
}

TEST_CASE("multipart: RFC 7578 sec 4-2 names are text, whatever they look like", "[wire][multipart]") {
  CHECK(part_of("name=a").name == "a");
  CHECK(part_of("NAME=\"a b\" ; size=3;").name == "a b");
  CHECK(part_of("name=\"\"").name.empty());
  CHECK(part_of("name=a; filename=\"\"").is_file);
  CHECK(part_of("filename=\"b.c\"; name=a").file_name == "b.c");
  CHECK(part_of("name=a; filename=\"../../etc/passwd\"").file_name == "../../etc/passwd");
  CHECK(part_of("name=a; filename=\"C:\\videos\\a.mp4\"").file_name == "C:\\videos\\a.mp4");
  CHECK(part_of("name=a; filename=\"say \\\"hi\\\\\"").file_name == "say \"hi\\");
  CHECK(part_of("name=a; filename=\"%22;a=b; \xc3\xa9\"").file_name == "%22;a=b; \xc3\xa9");
  CHECK(part_of("name=a; filename=x.y").file_name == "x.y");
}

TEST_CASE("multipart: heads that can be read in two ways are refused", "[wire][multipart]") {
  const std::string good = "Content-Disposition: form-data; name=\"a\"";
  REQUIRE(parse_head(good).status == MultipartStatus::done);
  for (const std::string& head : {
           ""s,
           "Content-Type: text/plain"s,
           "Content-Disposition: form-data"s,
           "Content-Disposition: attachment; name=a"s,
           "Content-Disposition: form-data; name"s,
           "Content-Disposition: form-data; name="s,
           "Content-Disposition: form-data; name=a b"s,
           "Content-Disposition: form-data name=a"s,
           "Content-Disposition: form-data; name=\"a"s,
           "Content-Disposition: form-data; name=\"a\"b"s,
           "Content-Disposition: form-data; name=\"a\\\""s,
           "Content-Disposition: form-data; name=a; name=b"s,
           "Content-Disposition: form-data; name=a; filename=b; filename=c"s,
           "Content-Disposition: form-data; name=a; filename*=utf-8''b"s,
           "Content-Disposition: form-data; na me=a"s,
           "Content-Disposition : form-data; name=a"s,
           " Content-Disposition: form-data; name=a"s,
           "Content-Disposition: form-data;\r\n name=a"s,
           "Content-Disposition: form-data; name=\"a\0\""s,
           "Content-Disposition: form-data; name=\"a\rb\""s,
           "Content-Disposition: form-data; name=\"a\x01\""s,
           good + "\r\n" + good,
           good + "\r\nContent-Type: a/b\r\nContent-Type: a/c",
           good + "\nContent-Type: a/b",
           good + "\r\nno field",
           good + "\r\n: x",
       }) {
    CAPTURE(head);
    check_refused(parse_head(head), Error::malformed, 400);
  }
  check_refused(parse_head(good + "\r\nContent-Transfer-Encoding: base64"), Error::invalid_encoding, 400);
  CHECK(parse_head(good + "\r\nContent-Transfer-Encoding: Binary\r\nX-Other: 1").status == MultipartStatus::done);
}

TEST_CASE("multipart: a boundary is followed by a line's end or by two dashes", "[wire][multipart]") {
  const std::string head = "Content-Disposition: form-data; name=a\r\n\r\nx\r\n--B--";
  for (const char* end : {"C\r\n", "\n", "\r", "\rx", "-\r\n", "-x", " x\r\n", "\0\r\n"}) {
    CAPTURE(end);
    check_refused(parse("--B" + std::string(end) + head), Error::malformed, 400);
  }
}

TEST_CASE("multipart: every part of it is bounded", "[wire][multipart]") {
  MultipartLimits limits{.max_parts = 2};
  CHECK(parse(field("a", "1") + field("b", "2") + "--B--", limits).status == MultipartStatus::done);
  check_refused(parse(field("a", "1") + field("b", "2") + field("c", "3") + "--B--", limits), Error::too_long, 413);
  limits = {.max_part_head_bytes = 48};
  const std::string line = "Content-Disposition: form-data; name=abcd";  // 41, and the ends of two lines
  CHECK(parse_head(line + "efg", limits).status == MultipartStatus::done);
  check_refused(parse_head(line + "efgh", limits), Error::too_long, 431);
  check_refused(parse("--B\r\n" + std::string(100, 'a'), limits), Error::too_long, 431);
  check_refused(parse("--B" + std::string(100, ' '), limits), Error::too_long, 431);
  const Outcome each = parse(field("a", "1") + field("b", "2") + "--B--", {.max_part_head_bytes = 60});
  CHECK(each.parts.size() == 2);  // of each part, not of all
}

TEST_CASE("multipart: the boundary out of a content type", "[wire][multipart]") {
  CHECK(multipart_boundary("multipart/form-data; boundary=abc") == "abc");
  CHECK(multipart_boundary("Multipart/Form-Data;charset=utf-8;BOUNDARY=\"a b:c\" ") == "a b:c");
  CHECK(multipart_boundary("multipart/form-data; boundary====5==; x=y") == "===5==");
  CHECK(multipart_boundary("multipart/form-data; boundary=" + std::string(70, 'x')).size() == 70);
  for (const std::string& text :
       {"multipart/form-data"s, "multipart/form-data;"s, "multipart/form-data; boundary"s, "multipart/form-data; boundary="s,
        "multipart/form-data; boundary=\"\""s, "multipart/form-data; boundary=\"a"s, "multipart/form-data; boundary=\"a \""s,
        "multipart/form-data; boundary=a; boundary=b"s, "multipart/form-data; boundary=a\r\nb"s, "multipart/form-data; boundary=a@b"s,
        "multipart/mixed; boundary=a"s, "text/plain"s, ""s, "multipart/form-data; boundary=" + std::string(71, 'x')}) {
    CAPTURE(text);
    CHECK(multipart_boundary(text).empty());
  }
  CHECK(is_multipart_form("MULTIPART/form-data ; boundary"));
  CHECK_FALSE(is_multipart_form("multipart/form-datax"));
  std::string_view bytes = "--";
  MultipartParser none("");
  CHECK(none.parse(bytes) == MultipartStatus::failed);
  CHECK(none.refusal().status == 400);
}

TEST_CASE("multipart: data comes in large views, not copied", "[wire][multipart]") {
  std::string data;
  for (int i = 0; i < 2000; ++i) data += i % 7 == 0 ? "\r\n--" : "0123456789";
  const std::string text = field("a", data) + "--B--";
  MultipartParser parser("B");
  std::string_view bytes = text;
  REQUIRE(parser.parse(bytes) == MultipartStatus::part);
  REQUIRE(parser.parse(bytes) == MultipartStatus::data);
  CHECK(parser.data() == data);
  CHECK(parser.data().data() > text.data());
  CHECK(parser.data().data() < text.data() + text.size());
}

TEST_CASE("multipart: random data makes the round trip in random pieces", "[wire][multipart]") {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::string> sent;
    std::string text;
    for (auto parts = random() % 5; parts != 0; --parts) {
      std::string data(random() % 60, '\0');
      for (char& c : data) c = "\r\n-BA"[random() % 5];
      if (("\r\n" + data + "\r\n").find("\r\n--B") != std::string::npos) continue;
      text += field("n" + std::to_string(sent.size()), data);
      sent.push_back(data);
    }
    text += "--B--";
    CAPTURE(seed);
    const Outcome out = parse(text);
    REQUIRE(out.status == MultipartStatus::done);
    REQUIRE(out.parts.size() == sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) REQUIRE(out.parts[i].data == sent[i]);
  }
}
