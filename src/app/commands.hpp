// Subcommands of the program, one file each: flags and action.
#pragma once

#include "command_line.hpp"

namespace loadsim::app {

command run_command();
command suite_command();
command tune_command();
command capacity_command();
command rehearse_command();
command explain_command();
command replay_command();
command report_command();
command compare_command();
command baseline_command();
command judge_command();
command merge_command();
command probe_command();
command validate_command();
command doctor_command();
command show_command();
command scenarios_command();
command init_command();
command import_command();
command schema_command();
command backend_command();
command broker_api_command();
command certificates_command();
/// The table of all commands must outlive the command.
command completion_command(const std::vector<command>& all);
command man_command(const std::vector<command>& all);

} // namespace loadsim::app
