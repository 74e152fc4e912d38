/// SseFormat: how an event looks in an event stream (WHATWG HTML sec. 9.2.5).
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/format.hpp>

namespace fanfare::detail {

struct SseStyle {
  bool named = true;     ///< `event:` and the bare payload; else `type` and `seq` go into the payload
  bool seq_ids = false;  ///< ids are the topic's seq instead of positions
  bool envelope = false; ///< the payload is wrapped: topic, id, seq, type, data

  friend bool operator==(const SseStyle&, const SseStyle&) = default;
};

class SseFormat final : public Format {
 public:
  explicit SseFormat(SseStyle style) noexcept : style_(style) {}
  FANFARE_DECL void encode(const Event& event, std::string& out) const override;

  /// The one format of that style in the process, so that all mounts share images. Never destroyed.
  static const SseFormat& of(SseStyle style) noexcept;

 private:
  const SseStyle style_;
};

/// Appends `{"topic":..,"id":..,"seq":..,"type":..,"data":..}`; no id without a position, no seq for the
/// library's own blocks.
void append_envelope(std::string& out, const Event& event);
/// Appends the payload with `"type"` and `"seq"` put first; what is no object becomes `"data"`.
void append_typed_payload(std::string& out, const Event& event);

}  // namespace fanfare::detail
