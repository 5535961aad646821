#include "undertaking.hpp"

#include "complain.hpp"
#include "log.hpp"

#include <loadsim/report/report.hpp>

#include <chrono>
#include <utility>

namespace loadsim::app {

using verdict::exit_code;

said<scenario::document> read_scenario(const scenario_flags& flags) {
    auto scenario = load_scenario(flags);
    if (scenario) return std::move(*scenario);
    complain_of_file(scenario.error());
    return exit_code::usage;
}

said<std::filesystem::path> new_folder(const std::string& asked, const std::string& name) {
    const auto folder =
        asked.empty() ? std::filesystem::path("reports") / report::folder_name(name, std::chrono::system_clock::now())
                      : std::filesystem::path(asked);
    auto made = report::make_folder(folder);
    if (made) return std::move(*made);
    complain(made.error());
    return exit_code::setup;
}

said<undertaking> undertake(const scenario_flags& flags, const std::string& asked) {
    auto scenario = read_scenario(flags);
    if (!scenario) return scenario.error();
    auto folder = new_folder(asked, scenario->name);
    if (!folder) return folder.error();
    if (!log_in(*folder)) return exit_code::setup;
    return undertaking{std::move(*scenario), std::move(*folder)};
}

bool log_in(const std::filesystem::path& folder) {
    const auto logging = log_to_file(folder / "loadsim.log");
    if (!logging) complain(logging.error());
    return logging.has_value();
}

} // namespace loadsim::app
