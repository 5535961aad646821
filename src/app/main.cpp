// The command line: one file a subcommand, each with its options, a set-up and a run. Only here do outcomes become exit codes.
#include "commands.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>

int main(int argc, char** argv) {
    using loadsim::app::exit_code;
    CLI::App app{"Simulates a fleet of connected cars and load-tests the platform behind them.", "loadsim"};
    app.set_version_flag("--version", "loadsim " LOADSIM_VERSION);
    app.require_subcommand(1);
    app.footer("Exit codes: 0 pass, 1 internal error, 2 bad usage or scenario, 3 target or set-up failed,\n"
               "4 run invalid, 5 a budget had no data, 99 a budget was missed\n"
               "or a replay came out differently, 130 after Ctrl-C.");
    exit_code code = exit_code::pass;
    loadsim::app::set_up_run(app, code);
    loadsim::app::set_up_rehearse(app, code);
    loadsim::app::set_up_explain(app, code);
    loadsim::app::set_up_replay(app, code);
    loadsim::app::set_up_probe(app, code);
    loadsim::app::set_up_validate(app, code);
    loadsim::app::set_up_doctor(app, code);
    loadsim::app::set_up_show(app, code);
    loadsim::app::set_up_schema(app, code);
    loadsim::app::set_up_backend(app, code);
    loadsim::app::set_up_broker_api(app, code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        const bool asked_for = wrong.get_exit_code() == 0; // --help, --version
        app.exit(wrong);
        return static_cast<int>(asked_for ? exit_code::pass : exit_code::usage);
    } catch (const std::exception& bug) {
        fmt::print(stderr, "loadsim: internal error: {}\n", bug.what());
        return static_cast<int>(exit_code::internal_error);
    }
    return static_cast<int>(code);
}
