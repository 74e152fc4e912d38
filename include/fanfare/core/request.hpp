/// Request: what a client asked for, as the host's hooks see it. Built by the server, or by a host with a
/// server of its own.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/core/result.hpp>
#include <fanfare/wire/http_field.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fanfare {

/// A file that came with a request (BodyOptions::upload_dir), on disk. What the client said of it is a stranger's
/// text: a file name may be "../a", empty, or no UTF-8, and a type may be untrue.
struct Upload {
  std::string name = {};          ///< of the form's field
  std::string file_name = {};     ///< as the client calls it; never a path to open
  std::string content_type = {};  ///< as the client says; text/plain when it says none
  std::string path = {};          ///< where it is, absolute; the host's to move or remove
  std::uint64_t bytes = 0;
};

/// Lifetime: a value; nothing in it refers to the connection. Thread: distinct objects are safe.
struct Request {
  std::string method = "GET";
  std::string target = "/";           ///< path and query, still percent-encoded
  std::string peer = {};              ///< the client's address without port, as a trusted proxy says if there is one
  std::string body = {};              ///< with uploads: the form's other fields, as application/x-www-form-urlencoded
  std::string id = {};                ///< unique in the process; names the connection in logs and status
  std::vector<HttpField> fields = {};
  std::vector<HttpField> params = {};  ///< what the route's {names} matched, decoded
  std::vector<std::string> topics = {};  ///< asked for: {topic} and {topics} of the route, then ?topic=
  unsigned http_minor = 1;            ///< 0 for HTTP/1.0, which knows no chunks
  std::vector<Upload> uploads = {};   ///< the files of a form, where the route has BodyOptions::upload_dir

  /// The token of `Authorization: Bearer`, else empty.
  std::string bearer() const;
  /// The first field of that name, whatever its case; empty when there is none.
  std::string field(std::string_view name) const;
  /// The first query value of that name, decoded; empty when there is none.
  std::string query(std::string_view name) const;
  /// What {name} in the route's path matched; empty when there is none.
  std::string param(std::string_view name) const;
  std::string cookie(std::string_view name) const;
  /// The first value of that name in the body, if that is a form: application/x-www-form-urlencoded, or
  /// multipart/form-data where the route takes uploads. Empty when there is none. At most 1024 fields.
  std::string form(std::string_view name) const;
  /// All query values of that name, each split at commas: `?subscribe=a,b&subscribe=c`. At most 1024.
  std::vector<std::string> list(std::string_view name) const;
  /// The path alone, still percent-encoded.
  std::string_view path() const noexcept;

  /// Decodes the body. Errors as Event::as.
  template <Described T>
  Result<T> json() const {
    return from_json<T>(body);
  }

  void add_field(std::string_view name, std::string_view value) {
    fields.push_back({std::string(name), std::string(value)});
  }
};

namespace detail {

/// Whether a media type is acceptable by the Accept field (RFC 9110 sec. 12.5.1); an absent field accepts
/// everything, q=0 refuses. `exactly` leaves wildcards out.
bool accepts(const Request& request, std::string_view media_type, bool exactly = false) noexcept;

}  // namespace detail
}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/core/impl/request.ipp>
#endif
