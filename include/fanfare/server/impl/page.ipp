#pragma once

#include <fanfare/server/page.hpp>
#include <fanfare/server/static_files.hpp>
#include <fanfare/transport/compression.hpp>

#include <fanfare/server/impl/page_text.ipp>

namespace fanfare::detail {

FANFARE_DECL std::string whole_page() {
  std::string whole;
  for (const std::string_view part : page_parts) whole += part;
  return whole;
}

FANFARE_DECL std::string page_in(Coding coding) {
#if FANFARE_WITH_ZLIB
  if (coding == Coding::gzip) {
    static const std::string gzip = compressed(whole_page(), Coding::gzip);  // once in the process
    return gzip;
  }
#else
  (void)coding;
#endif
  return whole_page();
}

FANFARE_DECL Response builtin_page(const Request& request) {
  const bool gzip = can_compress && choose_coding(request.fields) == Coding::gzip;
  // Each coding has a validator of its own (RFC 9110 sec. 8.8.3.3).
  std::string etag(page_etag);
  if (gzip) etag.insert(etag.size() - 1, "-gzip");
  Response response{200, "text/html; charset=utf-8", {},
                    {{"ETag", etag}, {"Cache-Control", "no-cache"}, {"Vary", "Accept, Accept-Encoding"}}};
  if (gzip) response.fields.push_back({"Content-Encoding", "gzip"});
  if (has_current(request, etag)) response.status = 304;
  else response.body = page_in(gzip ? Coding::gzip : Coding::identity);
  return response;
}

}  // namespace fanfare::detail
