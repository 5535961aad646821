#include "program.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace harness {
namespace json = boost::json;

program::program(const arguments& argv, const std::function<bool()>& before_exec) { start(argv, before_exec); }

program::program(const std::string& scenario, arguments extra_arguments, const std::function<bool()>& before_exec) {
    arguments argv{"run", folder_.write("scenario.yaml", scenario).string(), "--report", report().string()};
    argv.insert(argv.end(), extra_arguments.begin(), extra_arguments.end());
    start(argv, before_exec);
}

program program::run(const std::string& scenario, arguments extra_arguments, const std::function<bool()>& before_exec) {
    return program(scenario, std::move(extra_arguments), before_exec);
}

void program::start(const arguments& user_arguments, const std::function<bool()>& before_exec) {
    arguments argv{LOADSIM_PROGRAM};
    argv.insert(argv.end(), user_arguments.begin(), user_arguments.end());
    std::vector<char*> pointers;
    for (auto& argument : argv) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const auto folder = folder_.path().string();
    const auto create = [&](std::string_view name) {
        return ::open((folder_ / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    };
    const int out = create("stdout");
    const int err = create("stderr");
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(out, STDOUT_FILENO);
        ::dup2(err, STDERR_FILENO);
        if (::chdir(folder.c_str()) != 0 || (before_exec && !before_exec())) ::_exit(setup_failed);
        ::execv(pointers.front(), pointers.data());
        ::_exit(setup_failed);
    }
    ::close(out);
    ::close(err);
    if (process_ < 0) throw std::runtime_error("fork failed");
}

program::~program() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
}

int program::wait(std::chrono::seconds timeout) {
    if (process_ <= 0) return code_;
    int status = 0;
    if (!wait_until([&] { return ::waitpid(process_, &status, WNOHANG) == process_; }, timeout)) {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, &status, 0);
        ADD_FAILURE() << "still running after " << timeout.count() << " s\n" << out() << err();
    }
    process_ = 0;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : killed_by_signal + WTERMSIG(status);
    return code_;
}

void program::signal(int number) const { ::kill(process_, number); }

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

std::int64_t number(const json::value& value, std::string_view pointer) {
    return value.at_pointer(pointer).to_number<std::int64_t>();
}

std::string text(const json::value& value, std::string_view pointer) {
    return std::string(value.at_pointer(pointer).as_string());
}

} // namespace harness
