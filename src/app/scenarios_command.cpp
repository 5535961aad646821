#include "commands.hpp"
#include "shipped_scenarios.hpp"

#include <loadsim/base/input.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/scenario/read.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

namespace loadsim::app {
namespace {

exit_code refuse_scenarios(const problems& errors, exit_code code) {
    print_problems(errors);
    return code;
}

exit_code list_scenarios(const std::filesystem::path& shipped) {
    const auto names = shipped_scenario_names(shipped);
    std::size_t width = 0;
    for (const auto& name : names) width = std::max(width, name.size());
    for (const auto& name : names) {
        const auto file = find_shipped_scenario(name, shipped);
        const auto text = file ? read_file(*file, scenario::size_limit) : result<std::string>(file.error());
        if (!text) return refuse_scenarios(text.error(), exit_code::setup);
        print_without_masking(fmt::format("{:<{}}  {}\n", name, width, summary_of_scenario(*text)));
    }
    return exit_code::pass;
}

exit_code print_scenario(const std::string& name, const std::filesystem::path& shipped) {
    const auto file = find_shipped_scenario(name, shipped);
    if (!file) return refuse_scenarios(file.error(), exit_code::usage);
    const auto text = read_file(*file, scenario::size_limit);
    if (!text) return refuse_scenarios(text.error(), exit_code::setup);
    print_without_masking(*text);
    return exit_code::pass;
}

} // namespace

command scenarios_command() {
    auto name = std::make_shared<std::string>();
    return {.name = "scenarios",
            .description =
                "Lists the scenarios that come with loadsim, which commands take by their names, or prints one",
            .flags = {{.name = "name",
                       .into = name.get(),
                       .help = "The one to print (default: lists all)",
                       .names_scenario = true}},
            .run =
                [name] {
                    const auto shipped = shipped_scenarios_folder();
                    if (shipped.empty())
                        return refuse_scenarios(find_shipped_scenario("scenarios", shipped).error(), exit_code::setup);
                    return name->empty() ? list_scenarios(shipped) : print_scenario(*name, shipped);
                },
            .footer = "loadsim scenarios quickstart > mine.yaml"};
}

} // namespace loadsim::app
