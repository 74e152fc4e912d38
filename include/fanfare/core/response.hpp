/// Response: a whole HTTP answer of the host's, or the head of a stream.
#pragma once

#include <fanfare/config.hpp>
#include <fanfare/core/describe.hpp>
#include <fanfare/wire/http_field.hpp>

#include <string>
#include <system_error>
#include <vector>

namespace fanfare {

struct Response {
  int status = 200;
  std::string content_type = "application/json";  ///< left out when the body is empty
  std::string body = {};
  std::vector<HttpField> fields = {};  ///< further ones; a CR, LF or NUL in them makes the answer a 500

  template <class T>
  static Response json(const T& value, int status = 200) {
    return {status, "application/json", to_json(value), {}};
  }
  /// `{"error":"..."}`
  static Response error(int status, std::string reason);
  /// 204 for no error; else the status that fits and the error's message: 404 not found, 410 expired, 409
  /// conflict, 413 too large, 400 invalid, 403 revoked, 503 shut down.
  static Response from(std::error_code error);
};

}  // namespace fanfare

#if FANFARE_HEADER_ONLY
#include <fanfare/core/impl/response.ipp>
#endif
