/// The page that a browser gets when it is sent to a stream's own address: bars for a job, the raw events for
/// anything else. One self-contained document, so that a program without a front end can be watched at once.
#pragma once

#include <fanfare/config.hpp>

#include <string_view>

namespace fanfare::detail {

/// An HTML document (text/html; charset=utf-8, ASCII, below 10 KB). It opens an EventSource on its own address,
/// so the server tells the two requests apart by their Accept field: text/html here, text/event-stream there; a
/// cache in between must not mix them up (Cache-Control: no-cache, or Vary: Accept). It loads nothing else; a
/// Content-Security-Policy must allow its inline style and script, and connections to its own origin.
/// @return  static storage. Thread: any. Complexity: constant, no allocation
/// Source: WHATWG HTML sec. 9.2 (server-sent events)
std::string_view builtin_page() noexcept;

}  // namespace fanfare::detail

#if FANFARE_HEADER_ONLY
#include <fanfare/server/impl/page.ipp>
#endif
