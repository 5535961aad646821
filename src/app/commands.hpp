// The subcommands. Each registers itself and, when it has been asked for, runs and leaves its exit code in `code`.
#pragma once

#include <loadsim/verdict/conclusion.hpp>

namespace CLI {
class App;
}

namespace loadsim::app {

using verdict::exit_code;

void set_up_run(CLI::App&, exit_code& code);
void set_up_rehearse(CLI::App&, exit_code& code);
void set_up_explain(CLI::App&, exit_code& code);
void set_up_replay(CLI::App&, exit_code& code);
void set_up_probe(CLI::App&, exit_code& code);
void set_up_validate(CLI::App&, exit_code& code);
void set_up_doctor(CLI::App&, exit_code& code);
void set_up_show(CLI::App&, exit_code& code);
void set_up_schema(CLI::App&, exit_code& code);
void set_up_backend(CLI::App&, exit_code& code);
void set_up_broker_api(CLI::App&, exit_code& code);

} // namespace loadsim::app
