/// The HTTP API: starts, watches, answers, cancels and lists downloads.
#pragma once

#include "download_options.hpp"
#include "downloads.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

/// Lifetime: broker and downloads outlive the server.
/// @param defaults  for what a request leaves open
void mount_api(fanfare::Server& server, fanfare::Broker& broker, Downloads& downloads,
               const DownloadOptions& defaults);
