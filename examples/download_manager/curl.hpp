/// libcurl's handles as owners. Nothing here knows what they are used for.
#pragma once

#include <curl/curl.h>

#include <csignal>
#include <memory>
#include <stdexcept>

struct CurlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
  void operator()(char* text) const noexcept { curl_free(text); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlDeleter>;
using CurlText = std::unique_ptr<char, CurlDeleter>;

// CURL and CURLM are one type in C++, so these need deleters of their own.
struct CurlEasyDeleter {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
struct CurlMultiDeleter {
  void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};
using CurlEasy = std::unique_ptr<CURL, CurlEasyDeleter>;
using CurlMulti = std::unique_ptr<CURLM, CurlMultiDeleter>;

/// The library as a whole. REQUIRES: made before any thread is, and outlives them.
struct CurlLibrary {
  CurlLibrary() {
    std::signal(SIGPIPE, SIG_IGN);  // TLS writes to sockets that a server has closed
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl cannot be used");
  }
  ~CurlLibrary() { curl_global_cleanup(); }
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;
};
