/// The HTTP API: takes videos, and lets them be watched, cancelled and fetched.
#pragma once

#include "jobs.hpp"
#include "settings.hpp"

#include <fanfare/core/broker.hpp>
#include <fanfare/server/server.hpp>

/// Lifetime: all of them outlive the server.
void mount_api(fanfare::Server& server, fanfare::Broker& broker, const Folders& folders, Jobs& jobs, const Settings& settings);
