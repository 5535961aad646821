#include "completion.hpp"

#include "sample_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim::app;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

std::string script_for(shell of) {
    return completion_script(of, sample_commands(), {"fleet.vehicles", "load.phases[0].duration"},
                             {"quickstart", "edge-cases/tunnel"});
}

} // namespace

TEST(completion, each_script_has_every_command_flag_and_value) {
    for (const auto of : {shell::bash, shell::zsh, shell::fish}) {
        const auto script = script_for(of);
        for (const auto* word : {"run", "show", "plan", "completion", "set", "report", "shards", "color", "quiet",
                                 "help", "version", "auto", "never", "bash", "zsh", "fish",
                                 "fleet.vehicles=", "load.phases[0].duration=", "edge-cases/tunnel"})
            EXPECT_THAT(script, HasSubstr(word)) << static_cast<int>(of);
        for (const auto* placeholder : {"@COMMANDS@", "@WORDS@", "@VALUES@", "@KEYS@", "@SCENARIOS@"})
            EXPECT_THAT(script, Not(HasSubstr(placeholder)));
    }
}

TEST(completion, bash) {
    const auto script = script_for(shell::bash);
    EXPECT_THAT(script,
                HasSubstr("            /run | /show | show/plan | /completion) at=${at:+$at/}${COMP_WORDS[i]} ;;\n"));
    EXPECT_THAT(script, HasSubstr(R"(    case "$at" in
        '')
            commands='run show completion'
            options='--help --version' ;;
        'run')
            options='--set --report --shards --color --quiet --help'
            scenarios=$_loadsim_scenarios ;;
        'show')
            commands='plan'
            options='--help' ;;
        'show/plan')
            options='--help' ;;
        'completion')
            commands='bash zsh fish'
            options='--help' ;;
    esac
    case "$at $previous" in
        'run --set')
            values=$_loadsim_keys
            compopt -o nospace ;;
        'run --report')
            return ;;
        'run --shards')
            compopt +o default
            return ;;
        'run --color')
            values='auto never' ;;
    esac
)"));
    EXPECT_THAT(script, HasSubstr("\n_loadsim_keys='fleet.vehicles= load.phases[0].duration='\n"));
    EXPECT_THAT(script, HasSubstr("\n_loadsim_scenarios='quickstart edge-cases/tunnel'\n"));
    EXPECT_THAT(script, testing::EndsWith("complete -o default -F _loadsim loadsim\n"));
}

TEST(completion, zsh) {
    const auto script = script_for(shell::zsh);
    EXPECT_THAT(script, StartsWith("#compdef loadsim\n")) << "by which compinit finds it";
    EXPECT_THAT(script, HasSubstr("_loadsim_keys=('fleet.vehicles=' 'load.phases[0].duration=')\n"))
        << "quoted, for brackets are a pattern";
    EXPECT_THAT(script, HasSubstr(R"(commands=('run:Runs a scenario, and doesn'\''t stop' 'show:)"));
    EXPECT_THAT(script, HasSubstr("_loadsim_scenarios=(quickstart edge-cases/tunnel)\n"));
    EXPECT_THAT(script, HasSubstr("            scenarios=($_loadsim_scenarios) ;;\n"));
    EXPECT_THAT(script, HasSubstr(R"(        ('run --color')
            compadd -- auto never
            return ;;
)"));
    EXPECT_THAT(script, HasSubstr("then _loadsim \"$@\"; else"));
}

TEST(completion, fish) {
    const auto script = script_for(shell::fish);
    EXPECT_THAT(script, HasSubstr("            case /run /show show/plan /completion\n"));
    EXPECT_THAT(
        script,
        HasSubstr(R"(complete -c loadsim -n "__loadsim_at ''" -f -a run -d 'Runs a scenario, and doesn\'t stop')"));
    EXPECT_THAT(
        script,
        HasSubstr(
            R"(complete -c loadsim -n "__loadsim_at 'run'" -l set -x -a '$__loadsim_keys' -d '.a \'PATH=VALUE\' with a \\')"));
    EXPECT_THAT(script, HasSubstr(R"(complete -c loadsim -n "__loadsim_at 'run'" -l report -r -d)"));
    EXPECT_THAT(script, HasSubstr(R"(complete -c loadsim -n "__loadsim_at 'run'" -a '$__loadsim_scenarios' -d)"));
    EXPECT_THAT(script, HasSubstr(R"(complete -c loadsim -n "__loadsim_at 'show'" -f -a plan -d 'Prints the plan')"));
}
