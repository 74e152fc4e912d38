/// The page that a browser gets when it is sent to a stream's own address: bars for a job, the state for anything
/// else, and the raw events. One self-contained document, so that a program without a front end can be watched at once.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/request.hpp>
#include <fanfare/core/response.hpp>

namespace fanfare::detail {

/// 200 with an HTML document (ASCII, below 100 KB) and its ETag, or 304 to who has it. The document watches its own
/// address with the browser module, so the server tells the requests apart by their Accept field: text/html here; a
/// cache in between must not mix them up (Vary: Accept, Accept-Encoding). With FANFARE_WITH_ZLIB it goes out as gzip to
/// who accepts that. It loads nothing; a Content-Security-Policy must allow its inline style and script, and connections
/// to its own origin.
/// Thread: any. The answer holds a copy of the document.
/// Source: src/page, which takes the module's files of src/web
Response builtin_page(const Request& request);

}  // namespace fanfare::detail

#if FANFARE_HEADER_ONLY
#include <fanfare/server/impl/page.ipp>
#endif
