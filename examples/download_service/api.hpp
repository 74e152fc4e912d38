/// The HTTP API: starts, watches, polls and cancels jobs.
#pragma once

#include "jobs.hpp"
#include "settings.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

/// Lifetime: broker and jobs outlive the server.
void mount_api(fanfare::Server& server, fanfare::Broker& broker, Jobs& jobs, const Settings& settings);
