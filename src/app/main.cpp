#include "commands.hpp"
#include "run_ranks.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/exhaustion.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/base/signals.hpp>

#include <cstdlib>
#include <vector>

int main(int argc, char** argv) {
    using namespace loadsim;
    using namespace loadsim::app;
    handle_early_signals();
    prepare_standard_streams();
    prepare_for_exhaustion();
    if (const char* of_launcher = std::getenv(command_name_variable); of_launcher != nullptr)
        set_command_name(of_launcher);
    else if (argc > 0)
        set_command_name(shell_quote(argv[0]));
    std::vector<command> commands{run_command(),      suite_command(),      capacity_command(),    tune_command(),
                                  rehearse_command(), explain_command(),    replay_command(),      report_command(),
                                  compare_command(),  baseline_command(),   judge_command(),       merge_command(),
                                  probe_command(),    init_command(),       import_command(),      validate_command(),
                                  doctor_command(),   show_command(),       scenarios_command(),   schema_command(),
                                  backend_command(),  broker_api_command(), certificates_command()};
    commands.push_back(completion_command(commands));
    commands.push_back(man_command(commands));
    return static_cast<int>(parse_and_run(commands, argc, argv));
}
