/// Url: the address of a file that can be downloaded: http, https or file.
#pragma once

#include <fanfare/core/result.hpp>

#include <string>

struct Url {
  std::string text;    ///< for libcurl
  std::string shown;   ///< for people: without user and password
  std::string path;    ///< still percent-encoded
  bool local = false;  ///< a file:// URL

  /// The detail of an error is a sentence for whoever sent the text.
  static fanfare::Result<Url> parse(const std::string& text);
};
