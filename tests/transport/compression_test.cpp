#include <fanfare/transport/compression.hpp>
#include <fanfare/transport/sse_format.hpp>
#include <fanfare/transport/stream.hpp>

#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using fanfare::HttpField;
using fanfare::Request;
using fanfare::Transport;
using fanfare::detail::choose_coding;
using fanfare::detail::Coding;

namespace {

Coding chosen(std::string accept) { return choose_coding({{"Accept-Encoding", std::move(accept)}}); }

}  // namespace

TEST_CASE("compression: the coding that Accept-Encoding likes most - RFC 9110 sec. 12.5.3", "[transport][compression]") {
  CHECK(choose_coding({}) == Coding::identity);
  CHECK(choose_coding({{"Accept", "gzip"}}) == Coding::identity);
  CHECK(chosen("") == Coding::identity);
  CHECK(chosen("gzip") == Coding::gzip);
  CHECK(chosen("GZip") == Coding::gzip);
  CHECK(chosen("x-gzip") == Coding::gzip);
  CHECK(chosen("deflate") == Coding::deflate);
  CHECK(chosen("gzip, deflate, br, zstd") == Coding::gzip);
  CHECK(chosen("deflate, gzip") == Coding::gzip);
  CHECK(chosen("br;q=1.0, zstd") == Coding::identity);
  CHECK(chosen("*") == Coding::gzip);
  CHECK(chosen("gzip;q=0, *") == Coding::deflate);
  CHECK(chosen("*;q=0") == Coding::identity);
  CHECK(chosen("gzip;q=0.5, deflate") == Coding::deflate);
  CHECK(chosen("gzip;q=0.5, deflate;q=0.501") == Coding::deflate);
  CHECK(chosen("gzip;q=0.001") == Coding::gzip);
  CHECK(chosen("gzip ; Q=0.9 ,\t deflate;q=0.8") == Coding::gzip);
  CHECK(chosen("identity") == Coding::identity);
  CHECK(chosen("identity, gzip;q=0.5") == Coding::identity);
  CHECK(chosen("identity;q=0.5, gzip;q=0.5") == Coding::gzip);
  CHECK(chosen("identity;q=0.5, gzip;q=1") == Coding::gzip);
  CHECK(chosen("*;q=0.9, gzip;q=0.5, deflate;q=0.5") == Coding::identity);
  CHECK(chosen("identity;q=0, gzip") == Coding::gzip);
  CHECK(chosen("identity;q=0, br") == Coding::identity);  // nothing suits: better readable than nothing
  CHECK(choose_coding({{"accept-encoding", "br"}, {"Accept-Encoding", "deflate"}}) == Coding::deflate);
}

TEST_CASE("compression: what is no weight refuses its coding - RFC 9110 sec. 12.4.2", "[transport][compression]") {
  for (const auto* weight : {"", "0", "0.", "0.0", "0.000", "1.001", "2", "1.5", "-1", "+1", ".5", "0,5", "0.5000", "1e0",
                             "0x1", "a", "0.5a", "\"1\"", "00.5", "10"}) {
    INFO(weight);
    CHECK(chosen(std::string("gzip;q=") + weight) == Coding::identity);
  }
  for (const auto* weight : {"1", "1.", "1.0", "1.000", "0.1", "0.01", "0.001"}) {
    INFO(weight);
    CHECK(chosen(std::string("gzip;q=") + weight) == Coding::gzip);
  }
  for (const auto* list : {",", ",,gzip", "gzip,", " , gzip ,,", ";q=1,gzip"}) {
    INFO(list);
    CHECK((chosen(list) == Coding::gzip) == (std::string_view(list) != ","));
  }
}

TEST_CASE("compression: who cannot or must not get it gets the stream as it is", "[transport][compression]") {
  Request gzip;
  gzip.add_field("Accept-Encoding", "gzip");
  const fanfare::SseOptions plain;
  CHECK(fanfare::wire::find_field(fanfare::sse(plain)(gzip)->head().fields, "Content-Encoding") == nullptr);
  CHECK(fanfare::wire::find_field(fanfare::sse(plain)(gzip)->head().fields, "Vary") == nullptr);
  CHECK(&fanfare::sse(plain)(gzip)->format() == &fanfare::detail::SseFormat::of({}));
}

#if FANFARE_WITH_ZLIB

#include "support/inflating.hpp"

namespace {

std::unique_ptr<Transport> made(std::string accept, fanfare::SseOptions options = {}) {
  options.compress = true;
  Request request;
  request.add_field("Accept-Encoding", accept);
  return fanfare::sse(std::move(options))(request);
}
std::string field(const fanfare::Response& head, std::string_view name) {
  const std::string* value = fanfare::wire::find_field(head.fields, name);
  return value ? *value : "";
}
std::string deflated(std::string_view text) {
  std::string out;
  fanfare::detail::append_deflated(text, out);
  return out;
}
/// What a transport of its own says from its opening to its end.
std::string whole(Transport& transport) {
  std::string out;
  transport.open(transport.head(), out);
  transport.beat(out);
  transport.end({fanfare::Error::drained, std::chrono::seconds(5)}, out);
  return out;
}
std::string two_hundred_times(const std::string& word) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += word;
  return text;
}

}  // namespace

TEST_CASE("compression: the head names the coding, and what it depends on", "[transport][compression]") {
  CHECK(field(made("gzip")->head(), "Content-Encoding") == "gzip");
  CHECK(field(made("x-gzip")->head(), "Content-Encoding") == "gzip");
  CHECK(field(made("deflate")->head(), "Content-Encoding") == "deflate");
  CHECK(field(made("br")->head(), "Content-Encoding").empty());
  for (const auto* accept : {"gzip", "deflate", "br"}) CHECK(field(made(accept)->head(), "Vary") == "Accept-Encoding");
  CHECK(made("gzip")->head().content_type == "text/event-stream; charset=utf-8");
}

TEST_CASE("compression: a refused stream stays as it is", "[transport][compression]") {
  std::string out;
  made("gzip")->open(fanfare::Response::error(404, "no"), out);
  CHECK(out.empty());
}

TEST_CASE("compression: a text as a whole stream", "[transport][compression]") {
  for (const auto& [coding, kind] : {std::pair(Coding::gzip, Inflating::gzip), std::pair(Coding::deflate, Inflating::deflate)}) {
    for (const auto& text : {std::string(), std::string("a"), two_hundred_times("word ")}) {
      Inflating inflating(kind);
      CHECK(inflating.add(fanfare::detail::compressed(text, coding)) == text);
      CHECK(inflating.complete());
    }
  }
}

TEST_CASE("compression: header and trailer - RFC 1952 sec. 2.3 and RFC 1950 sec. 2.2", "[transport][compression]") {
  const std::string text = ": heartbeat\n\nretry: 5000\n\n";
  const std::string gzip = whole(*made("gzip"));
  CHECK(gzip.starts_with(std::string("\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10)));
  const std::string zlib = whole(*made("deflate"));
  CHECK(zlib.starts_with("\x78\x9C"));
  for (const auto& [bytes, kind] : {std::pair(gzip, Inflating::gzip), std::pair(zlib, Inflating::deflate)}) {
    Inflating inflating(kind);
    CHECK(inflating.add(bytes) == text);
    CHECK(inflating.complete());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Inflating cut(kind);
      (void)cut.add(bytes.substr(0, i));
      CHECK_FALSE(cut.complete());
    }
    // The oracle would notice a wrong sum or length.
    for (std::size_t last = 1; last <= 4; ++last) {
      std::string wrong = bytes;
      wrong[wrong.size() - last] = static_cast<char>(wrong[wrong.size() - last] ^ 1);
      Inflating other(kind);
      (void)other.add(wrong);
      CHECK(other.broken());
    }
  }
}

TEST_CASE("compression: what is reported as sent is part of the sum", "[transport][compression]") {
  const auto transport = made("gzip", {.retry = std::chrono::milliseconds(9)});
  std::string out;
  transport->open(transport->head(), out);
  std::string text = "retry: 9\n\n";
  for (int i = 0; i < 300; ++i) {
    const std::string event = "data: " + two_hundred_times(std::to_string(i)) + "\n\n";
    text += event;
    out += deflated(event);
    fanfare::wire::Checksum sum(fanfare::wire::Checksum::Kind::crc32);
    sum.add(event);
    transport->sent(sum);
  }
  transport->end({}, out);
  Inflating inflating;
  CHECK(inflating.add(out) == text);
  CHECK(inflating.complete());
}

TEST_CASE("compression: blocks are the text, each by itself, and hardly longer", "[transport][compression]") {
  std::mt19937 random(1);
  std::vector<std::string> texts = {"a", "", "data: 1\n\n", std::string(65534, 'x'), std::string(65535, 'x'),
                                    std::string(65536, 'x'), std::string(3 << 20, 'x')};
  for (const std::size_t size : {1u, 2u, 5u, 50u, 200u, 3000u, 65535u, 65536u, 131070u, 131071u, 1000000u}) {
    std::string noise(size, '\0'), letters(size, '\0');
    for (char& c : noise) c = static_cast<char>(random() & 0xFF);
    for (char& c : letters) c = static_cast<char>('a' + random() % 4);
    texts.push_back(noise);
    texts.push_back(letters);
  }
  std::string all, all_blocks;
  for (const auto& text : texts) {
    const std::string blocks = deflated(text);
    INFO(text.size() << " became " << blocks.size());
    CHECK(blocks.size() <= text.size() + 5 * ((text.size() + 65534) / 65535));
    Inflating inflating(Inflating::raw);
    const bool same = inflating.add(blocks) == text;
    CHECK(same);
    CHECK_FALSE(inflating.broken());
    all += text;
    all_blocks += blocks;
  }
  Inflating inflating(Inflating::raw);
  const bool same = inflating.add(all_blocks) == all;
  CHECK(same);
  CHECK(deflated("").empty());
  CHECK(deflated("data: 1\n\n").size() == 5 + 9);
  CHECK(deflated(std::string(1000, 'x')).size() < 30);
}

TEST_CASE("compression: one format per inner one and coding, so that images are shared", "[transport][compression]") {
  CHECK(&made("gzip")->format() == &made("gzip, br")->format());
  CHECK(&made("gzip")->format() != &made("deflate")->format());
  CHECK(&made("gzip")->format() != &made("gzip", {.named = false})->format());
  CHECK(&made("br")->format() == &fanfare::detail::SseFormat::of({}));
  const auto framed = [](unsigned http_minor) { return fanfare::detail::wrap_http1(made("gzip"), http_minor); };
  CHECK(&framed(1)->format() == &framed(1)->format());
  CHECK(&framed(0)->format() == &made("gzip")->format());
}

#else

TEST_CASE("compression: without zlib it is refused with the name of the option", "[transport][compression]") {
  CHECK_THROWS_WITH(fanfare::sse({.compress = true}), Catch::Matchers::ContainsSubstring("FANFARE_WITH_ZLIB"));
}

#endif
