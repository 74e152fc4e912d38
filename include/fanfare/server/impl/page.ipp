#pragma once

#include <fanfare/server/page.hpp>
#include <fanfare/server/static_files.hpp>

#include <fanfare/server/impl/page_text.ipp>

namespace fanfare::detail {

FANFARE_DECL Response builtin_page(const Request& request) {
  Response response{200, "text/html; charset=utf-8", {},
                    {{"ETag", std::string(page_etag)}, {"Cache-Control", "no-cache"}, {"Vary", "Accept"}}};
  if (has_current(request, page_etag)) {
    response.status = 304;
    return response;
  }
  for (const std::string_view part : page_parts) response.body += part;
  return response;
}

}  // namespace fanfare::detail
