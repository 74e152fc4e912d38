/// Static files: the bytes of a file below a folder, with its type and a validator.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/request.hpp>
#include <fanfare/core/response.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace fanfare::detail {

/// Larger ones are not served: answers are built in memory.
inline constexpr std::size_t max_static_file_bytes = 64 << 20;

/// 200 with an ETag (RFC 9110 sec. 8.8.3), 304 to If-None-Match, 301 for a folder whose name lacks the
/// slash, 404 for what is missing, hidden, outside of the folder (links followed) or too large.
/// `segments` are decoded.
Response static_file(const std::string& directory, const std::vector<std::string>& segments, const Request& request);

/// Whether the client has the version of this ETag, quoted: If-None-Match names it, or is "*" (RFC 9110 sec. 13.1.2).
bool has_current(const Request& request, std::string_view etag);

/// By the name's ending; application/octet-stream when unknown.
std::string_view content_type_of(std::string_view name) noexcept;

}  // namespace fanfare::detail
