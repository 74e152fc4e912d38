/// ExitStatus: what the program leaves with, as its --help says; or it ends by the signal that stopped it.
#pragma once

enum ExitStatus : int {
  done = 0,
  failed = 1,      ///< a job, or this program: a file or the output
  wrong_use = 2,   ///< what the command line says cannot be meant
  given_up = 3,    ///< on the connection
};
