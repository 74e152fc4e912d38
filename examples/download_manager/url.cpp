#include "url.hpp"

#include "curl.hpp"

#include <new>

static std::string part_of(const CurlUrl& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return {};
  return CurlText(text).get();
}

fanfare::Result<Url> Url::parse(const std::string& text) {
  const auto refuse = [&text](const char* why) {
    return fanfare::Result<Url>(std::make_error_code(std::errc::invalid_argument), "'" + text + "' " + why);
  };
  const CurlUrl url(curl_url());
  if (!url) throw std::bad_alloc();
  // URLENCODE: what people paste may have blanks and letters in it that a URL spells out.
  if (text.find('\0') != std::string::npos ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) !=
          CURLUE_OK) {
    return refuse("is no URL");
  }
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https" && scheme != "file")
    return refuse("is no http, https or file URL");

  Url parsed;
  parsed.text = part_of(url, CURLUPART_URL);
  parsed.path = part_of(url, CURLUPART_PATH);
  parsed.local = scheme == "file";
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  parsed.shown = part_of(url, CURLUPART_URL);
  return parsed;
}
