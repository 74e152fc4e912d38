#pragma once

#include <fanfare/core/impl/core.ipp>
#include <fanfare/transport/compression.hpp>
#include <fanfare/wire/deflate.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace fanfare::detail {

// ---- what the client accepts -----------------------------------------------------------------------

/// In thousandths (RFC 9110 sec. 12.4.2); 0, not acceptable, for what is no qvalue.
FANFARE_DECL int parse_qvalue(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') || (text.size() > 1 && text[1] != '.')) {
    return 0;
  }
  int value = (text[0] - '0') * 1000;
  int unit = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return 0;
    value += (digit - '0') * unit;
    unit /= 10;
  }
  return value <= 1000 ? value : 0;
}

/// Of a list's member, in thousandths; 1 is what it has without a weight.
FANFARE_DECL int weight_of(std::string_view member) noexcept {
  int weight = 1000;
  split(member, ';', [&](std::string_view parameter) {
    if (wire::same_field_name(parameter.substr(0, 2), "q=")) weight = parse_qvalue(parameter.substr(2));
  });
  return weight;
}

FANFARE_DECL Coding choose_coding(const std::vector<HttpField>& fields) noexcept {
  constexpr int not_named = -1;
  int gzip = not_named, deflate = not_named, identity = not_named, others = not_named;
  for (const auto& [name, value] : fields) {
    if (!wire::same_field_name(name, "Accept-Encoding")) continue;
    split(value, ',', [&](std::string_view member) {
      const auto coding = wire::trim_ows(member.substr(0, member.find(';')));
      const int weight = weight_of(member);
      // RFC 9110 sec. 8.4.1.3: x-gzip is gzip.
      if (wire::same_field_name(coding, "gzip") || wire::same_field_name(coding, "x-gzip")) gzip = weight;
      else if (wire::same_field_name(coding, "deflate")) deflate = weight;
      else if (wire::same_field_name(coding, "identity")) identity = weight;
      else if (coding == "*") others = weight;
    });
  }
  for (int* weight : {&gzip, &deflate, &identity}) {
    if (*weight == not_named) *weight = std::max(others, 0);
  }
  const int best = std::max({gzip, deflate, identity});
  if (best == 0 || (identity == best && gzip != best && deflate != best)) return Coding::identity;
  return gzip == best ? Coding::gzip : Coding::deflate;
}

FANFARE_DECL std::string_view name_of(Coding coding) noexcept {
  return coding == Coding::gzip ? "gzip" : coding == Coding::deflate ? "deflate" : "";
}

}  // namespace fanfare::detail

#if FANFARE_WITH_ZLIB

namespace fanfare::detail {

// ---- blocks ----------------------------------------------------------------------------------------

/// LEN of a stored block has 16 bits (RFC 1951 sec. 3.2.4).
inline constexpr std::size_t max_stored_bytes = 65535;

FANFARE_DECL void append_little_endian(std::string& out, std::uint32_t value, int octets) {
  for (; octets > 0; --octets, value >>= 8) out += static_cast<char>(value & 0xFF);
}

FANFARE_DECL void append_stored(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const auto block = text.substr(0, max_stored_bytes);
    const auto size = static_cast<std::uint32_t>(block.size());
    out += '\0';  // not the last, type 00, and the rest of the octet
    append_little_endian(out, size, 2);
    append_little_endian(out, ~size, 2);
    out += block;
    text.remove_prefix(block.size());
  }
}

FANFARE_DECL void append_deflated(std::string_view text, std::string& out) {
  if (text.empty()) return;
  // A table of 8 KiB instead of 64 is cleared before each event, and even 1 MB becomes just 1 % longer.
  thread_local wire::Deflater deflater({.memory_level = 5});
  const std::size_t before = out.size();
  const std::size_t stored = text.size() + 5 * ((text.size() + max_stored_bytes - 1) / max_stored_bytes);
  const std::error_code error = deflater.compress(text, out);
  if (!error && out.size() - before + 4 < stored) {
    out.append("\0\0\xFF\xFF", 4);  // of the empty stored block that the flush ended with
    return;
  }
  out.resize(before);
  append_stored(text, out);
}

// ---- what is around the blocks ---------------------------------------------------------------------

FANFARE_DECL wire::Checksum empty_checksum(Coding coding) noexcept {
  return wire::Checksum(coding == Coding::gzip ? wire::Checksum::Kind::crc32 : wire::Checksum::Kind::adler32);
}

FANFARE_DECL void append_header(Coding coding, std::string& out) {
  // RFC 1952 sec. 2.3: deflate, no flags, no time, no extra flags, unknown system.
  if (coding == Coding::gzip) out.append("\x1F\x8B\x08\0\0\0\0\0\0\xFF", 10);
  // RFC 1950 sec. 2.2: deflate with a window of 32 KiB, no dictionary, default level, and the check bits.
  else out.append("\x78\x9C", 2);
}

FANFARE_DECL void append_trailer(Coding coding, const wire::Checksum& sum, std::string& out) {
  out.append("\x03\0", 2);  // the last block: empty, with the fixed codes (RFC 1951 sec. 3.2.6)
  if (coding == Coding::gzip) {  // RFC 1952 sec. 2.3.1: CRC32, then ISIZE, which is modulo 2^32
    append_little_endian(out, sum.value(), 4);
    append_little_endian(out, static_cast<std::uint32_t>(sum.length()), 4);
    return;
  }
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(sum.value() >> shift & 0xFF);
}

FANFARE_DECL std::string compressed(std::string_view text, Coding coding) {
  std::string out;
  append_header(coding, out);
  append_deflated(text, out);
  wire::Checksum sum = empty_checksum(coding);
  sum.add(text);
  append_trailer(coding, sum, out);
  return out;
}

// ---- images ----------------------------------------------------------------------------------------

FANFARE_DECL wire::Checksum CompressedFormat::encode_summed(const Event& event, std::string& out) const {
  std::string text;
  inner_.encode(event, text);
  append_deflated(text, out);
  wire::Checksum sum = empty_checksum(coding_);
  sum.add(text);
  return sum;
}

FANFARE_DECL void CompressedFormat::encode(const Event& event, std::string& out) const { (void)encode_summed(event, out); }

FANFARE_DECL const CompressedFormat& CompressedFormat::around(const Format& inner, Coding coding) {
  static std::mutex mutex;
  // Two entries per Format ever served, and ids are never used again, so a stale entry is never found.
  static auto& known = *new std::unordered_map<std::uint64_t, std::unique_ptr<const CompressedFormat>>();
  const std::lock_guard lock(mutex);
  auto& entry = known[inner.id() * 2 + (coding == Coding::gzip ? 1 : 0)];
  if (!entry) entry = std::make_unique<const CompressedFormat>(inner, coding);
  return *entry;
}

// ---- the stream around them ------------------------------------------------------------------------

class CompressedTransport final : public Transport {
 public:
  CompressedTransport(std::unique_ptr<Transport> inner, Coding coding)
      : inner_(std::move(inner)),
        format_(CompressedFormat::around(inner_->format(), coding)),
        coding_(coding),
        sum_(empty_checksum(coding)) {}

  Response head() const override {
    Response head = inner_->head();
    if (head.status == 200) head.fields.push_back({"Content-Encoding", std::string(name_of(coding_))});
    return head;
  }
  const Format& format() const noexcept override { return format_; }
  std::chrono::milliseconds beat_interval() const noexcept override { return inner_->beat_interval(); }
  bool accepts_seq() const noexcept override { return inner_->accepts_seq(); }
  bool silent() const noexcept override { return inner_->silent(); }
  bool concluded() const noexcept override { return inner_->concluded(); }
  void sent(const wire::Checksum& what) override { sum_.append(what); }

  void open(const Response& sent, std::string& out) override {
    if (sent.status != 200) return inner_->open(sent, out);
    append_header(coding_, out);
    append([&](std::string& text) { inner_->open(sent, text); }, out);
  }
  void beat(std::string& out) override {
    inner_->set_position(position());
    append([&](std::string& text) { inner_->beat(text); }, out);
  }
  void end(Goodbye goodbye, std::string& out) override {
    inner_->set_position(position());
    append([&](std::string& text) { inner_->end(goodbye, text); }, out);
    append_trailer(coding_, sum_, out);
  }

 private:
  /// What it says of its own is short, and each connection's alone: it is not worth a compressor's time.
  template <class Write>
  void append(Write&& write, std::string& out) {
    std::string text;
    write(text);
    sum_.add(text);
    append_stored(text, out);
  }

  const std::unique_ptr<Transport> inner_;
  const CompressedFormat& format_;
  const Coding coding_;
  wire::Checksum sum_;  // of all that was sent
};

FANFARE_DECL std::unique_ptr<Transport> wrap_compressed(std::unique_ptr<Transport> inner, Coding coding) {
  if (coding == Coding::identity) return inner;
  return std::make_unique<CompressedTransport>(std::move(inner), coding);
}

}  // namespace fanfare::detail

#else

namespace fanfare::detail {

FANFARE_DECL std::unique_ptr<Transport> wrap_compressed(std::unique_ptr<Transport> inner, Coding) { return inner; }

}  // namespace fanfare::detail

#endif
