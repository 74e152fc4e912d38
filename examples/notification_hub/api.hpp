/// The HTTP API: the stream, its status, broadcasts, and signing in.
#pragma once

#include "hub.hpp"
#include "sessions.hpp"
#include "settings.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

/// Lifetime: broker and sessions outlive the server.
void mount_api(fanfare::Server& server, fanfare::Broker& broker, const Hub& hub, Sessions& sessions,
               const Settings& settings);
