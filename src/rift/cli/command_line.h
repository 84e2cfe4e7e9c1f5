#pragma once

namespace rift::cli {

/// Reads the command line, runs the verb, prints what went wrong to stderr. Returns the exit status: 0 ok, 1 bug,
/// 2 configuration, 3 data, 4 missing or corrupt artefact, 5 gate failed, 6 environment, 128 + signal.
int run_command_line(int argc, char** argv);

}  // namespace rift::cli
