#include "scenario_file.hpp"

#include <loadsim/net/options.hpp>
#include <loadsim/scenario/read.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace loadsim::app {
namespace {

result<std::string> contents_of(const std::string& file) {
    const auto unreadable = [&](int why) {
        return problems{file, fmt::format("cannot be read ({})", std::strerror(why))};
    };
    std::error_code ignored; // what is not there does not open either
    if (std::filesystem::is_directory(file, ignored)) return unreadable(EISDIR);
    std::ifstream in(file, std::ios::binary);
    if (!in) return unreadable(errno);
    std::ostringstream text;
    text << in.rdbuf();
    if (text.bad()) return unreadable(EIO);
    return std::move(text).str();
}

/// A flag that stands for a setting; its URL is checked here, so that the problem names the flag.
void add_url(std::string_view flag, std::string path, const std::string& text,
             result<net::endpoint> (*parse)(std::string_view), std::vector<scenario::setting>& settings,
             problems& wrong) {
    if (text.empty()) return;
    if (const auto url = parse(text); url)
        settings.push_back({std::move(path), text});
    else
        for (const auto& p : url.error().list) wrong.add(std::string(flag), p.text);
}

} // namespace

void add_target_flags(CLI::App& command, scenario_flags& flags) {
    command
        .add_option("--set", flags.settings,
                    "Sets a value of the scenario: PATH=VALUE, such as load.phases[2].duration=60s")
        ->allow_extra_args(false);
    command.add_option("--broker", flags.broker, "The broker to test against: mqtt://host:1883");
    command.add_option("--api", flags.api, "The platform's API to test: http://host:8080");
}

void add_scenario_flags(CLI::App& command, scenario_flags& flags) {
    command.add_option("scenario", flags.file, "Scenario file (YAML)")->required();
    add_target_flags(command, flags);
    command.add_option("--seed", flags.seed, "Replaces the scenario's seed");
}

result<scenario::document> load_scenario(const scenario_flags& flags) {
    errno = 0;
    const auto text = contents_of(flags.file);
    if (!text) return text.error();
    problems wrong;
    std::vector<scenario::setting> settings;
    for (const auto& s : flags.settings) {
        auto setting = scenario::parse_setting(s);
        if (setting)
            settings.push_back(std::move(*setting));
        else
            wrong.add(setting.error());
    }
    add_url("--broker", "target.broker", flags.broker, net::parse_broker_url, settings, wrong);
    add_url("--api", "target.api", flags.api, net::parse_api_url, settings, wrong);
    if (flags.seed) settings.push_back({"seed", std::to_string(*flags.seed)});
    auto document = scenario::read(*text, flags.file, settings);
    if (!document) wrong.add(document.error());
    if (!wrong.empty()) return wrong;
    return document;
}

} // namespace loadsim::app
