#include "commands.hpp"
#include "completion.hpp"
#include "shipped_scenarios.hpp"

#include <loadsim/base/output.hpp>
#include <loadsim/scenario/read.hpp>

#include <memory>
#include <string>

namespace loadsim::app {

command completion_command(const std::vector<command>& all) {
    auto name = std::make_shared<std::string>();
    return {.name = "completion",
            .description =
                "Prints a script with which a shell completes commands, flags, scenarios, and their keys for --set",
            .flags = {{.name = "shell",
                       .into = name.get(),
                       .help = "The shell that reads it",
                       .required = true,
                       .one_of = {"bash", "zsh", "fish"}}},
            .run =
                [name, &all] {
                    const auto of = *name == "zsh" ? shell::zsh : *name == "fish" ? shell::fish : shell::bash;
                    print_without_masking(completion_script(of, all, scenario::key_paths(),
                                                            shipped_scenario_names(shipped_scenarios_folder())));
                    return exit_code::pass;
                },
            .footer = "bash: loadsim completion bash > ~/.local/share/bash-completion/completions/loadsim\n"
                      "zsh:  loadsim completion zsh > DIR/_loadsim, in a folder DIR of $fpath\n"
                      "fish: loadsim completion fish > ~/.config/fish/completions/loadsim.fish"};
}

} // namespace loadsim::app
