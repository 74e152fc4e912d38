/// The web page that starts and shows downloads: the files of web/, which are compiled in.
#pragma once

#include <fanfare/server/server.hpp>

#include <string>

/// @param folder  serve the page from there instead, as it is at each request. Empty: what is compiled in
/// Throws std::runtime_error when it is no folder.
void mount_web_page(fanfare::Server& server, const std::string& folder);
