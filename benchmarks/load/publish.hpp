/// `fanload pub`: publishes by HTTP POST, for servers that do not publish by themselves.
#pragma once

namespace load {

/// Returns the exit status: 1 when an answer was not 2xx.
int publish(int argc, char** argv);

}  // namespace load
