#include "program.hpp"

#include "summary_checks.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include <unistd.h>

namespace harness {
namespace json = boost::json;

program::program(const arguments& argv, const std::function<bool()>& before_exec,
                 const std::vector<std::pair<std::string, std::string>>& environment) {
    start(argv, before_exec, environment);
}

program::program(const std::string& scenario, arguments extra_arguments, const std::function<bool()>& before_exec,
                 const std::vector<std::pair<std::string, std::string>>& environment) {
    arguments argv{"run", folder_.write("scenario.yaml", scenario).string(), "--report", report().string()};
    argv.insert(argv.end(), extra_arguments.begin(), extra_arguments.end());
    start(argv, before_exec, environment);
}

program program::run(const std::string& scenario, arguments extra_arguments, const std::function<bool()>& before_exec,
                     const std::vector<std::pair<std::string, std::string>>& environment) {
    return program(scenario, std::move(extra_arguments), before_exec, environment);
}

void program::start(const arguments& user_arguments, const std::function<bool()>& before_exec,
                    const std::vector<std::pair<std::string, std::string>>& environment) {
    auto variables = environment;
    const auto is_locale = [](const auto& variable) { return variable.first == "LC_ALL"; };
    if (std::ranges::none_of(variables, is_locale))
        variables.emplace_back("LC_ALL", "C.UTF-8"); // for the marks ✓ and ✗
    arguments command{LOADSIM_PROGRAM};
    command.insert(command.end(), user_arguments.begin(), user_arguments.end());
    const auto folder = folder_.path().string();
    for (const auto* name : {"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"}) // of a job that runs the tests
        if (std::ranges::count(environment, name, &std::pair<std::string, std::string>::first) == 0)
            variables.emplace_back(name, "");
    process_.emplace(loadsim::child_options{.command = std::move(command),
                                            .environment = std::move(variables),
                                            .out = loadsim::open_output(folder_ / "stdout"),
                                            .err = loadsim::open_output(folder_ / "stderr"),
                                            .before_exec = [&] {
                                                if (::chdir(folder.c_str()) != 0 || (before_exec && !before_exec()))
                                                    ::_exit(setup_failed);
                                            }});
}

int program::wait(std::chrono::seconds timeout) {
    if (const auto code = process_->exit_code(timeout)) {
        expect_valid_files(report());
        return *code;
    }
    process_->signal(SIGKILL);
    ADD_FAILURE() << "still running after " << timeout.count() << " s\n" << out() << err();
    return process_->wait().exit_code;
}

std::string program::out() const { return read_file(folder_ / "stdout"); }
std::string program::err() const { return read_file(folder_ / "stderr"); }

json::value program::summary() const { return json::parse(read_file(report() / "summary.json")); }

std::vector<json::value> program::json_lines(std::string_view file) const {
    std::istringstream all(read_file(report() / file));
    std::vector<json::value> parsed;
    for (std::string line; std::getline(all, line);) parsed.push_back(json::parse(line));
    return parsed;
}

std::vector<json::value> program::unexpected_requests() const {
    auto all = json_lines("requests.jsonl");
    std::erase_if(all, [](const json::value& request) { return !request.at("unexpected").as_bool(); });
    return all;
}

std::uint64_t program::timeline_lines() const {
    const auto all = read_file(report() / "timeline.jsonl");
    return static_cast<std::uint64_t>(std::ranges::count(all, '\n'));
}

std::string printed_after(const program& run, std::string_view before, std::chrono::seconds timeout) {
    std::string rest;
    EXPECT_TRUE(wait_until(
        [&] {
            const auto all = run.out() + run.err();
            const auto at = all.find(before);
            const auto end = all.find('\n', at);
            if (at == std::string::npos || end == std::string::npos) return false;
            rest = all.substr(at + before.size(), end - at - before.size());
            return true;
        },
        timeout))
        << run.out() << run.err();
    return rest;
}

std::int64_t number(const json::value& value, std::string_view pointer) {
    return value.at_pointer(pointer).to_number<std::int64_t>();
}

std::string text(const json::value& value, std::string_view pointer) {
    return std::string(value.at_pointer(pointer).as_string());
}

} // namespace harness
