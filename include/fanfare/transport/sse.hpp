/// Server-Sent Events (WHATWG HTML sec. 9.2): what a browser's EventSource and `curl -N` understand.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/transport.hpp>

#include <chrono>
#include <string>

namespace fanfare {

struct SseOptions {
  /// true: `event:` lines and bare payloads; false: no `event:` line, `type` and `seq` in the payload.
  bool named = true;
  /// Ids are the topic's bare seq. Only for topics whose names are never used again: a number alone has
  /// no epoch, so after a restart it would resume in the wrong log.
  bool seq_ids = false;
  /// After this long without a write, +-10 %. 0: never. Below what proxies in between cut at (often 60 s).
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
  /// Empty: the comment `: heartbeat`, which scripts cannot see. Else an event of this name that carries
  /// the current id.
  std::string heartbeat_event = {};
  /// How long the browser waits before it reconnects; 0: its own default (some seconds).
  std::chrono::milliseconds retry{0};
  /// Compresses for clients that accept gzip or deflate (RFC 9110 sec. 12.5.3). Costs time once per event and
  /// coding, not per subscriber, and 150 KiB per thread that compresses. Each event is compressed apart from all
  /// others, so the length of one tells nothing about another (as BREACH would use it). Needs FANFARE_WITH_ZLIB.
  bool compress = false;
};

/// Serves requests that accept text/event-stream. With several topics, or `?protocol=fanfare.v1`, the
/// data is the envelope (topic, id, seq, type, data).
/// Throws std::invalid_argument: a heartbeat_event with CR, LF or NUL, negative times, `compress` in a build
/// without FANFARE_WITH_ZLIB.
TransportFactory sse(SseOptions options = {});

}  // namespace fanfare
