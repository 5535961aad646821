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

namespace stage {
namespace json = boost::json;

program::program(const arguments& words, const std::function<bool()>& before_exec) { start(words, before_exec); }

program::program(const std::string& scenario, arguments more, const std::function<bool()>& before_exec) {
    arguments words{"run", folder_.write("scenario.yaml", scenario).string(), "--report", report().string()};
    words.insert(words.end(), more.begin(), more.end());
    start(words, before_exec);
}

program program::run(const std::string& scenario, arguments more, const std::function<bool()>& before_exec) {
    return program(scenario, std::move(more), before_exec);
}

void program::start(const arguments& given, const std::function<bool()>& before_exec) {
    arguments words{LOADSIM_PROGRAM};
    words.insert(words.end(), given.begin(), given.end());
    std::vector<char*> pointers;
    for (auto& word : words) pointers.push_back(word.data());
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
        if (::chdir(folder.c_str()) != 0 || (before_exec && !before_exec())) ::_exit(not_staged);
        ::execv(pointers.front(), pointers.data());
        ::_exit(not_staged);
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

int program::wait(std::chrono::seconds at_most) {
    if (process_ <= 0) return code_;
    int status = 0;
    if (!wait_until([&] { return ::waitpid(process_, &status, WNOHANG) == process_; }, at_most)) {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, &status, 0);
        ADD_FAILURE() << "still running after " << at_most.count() << " s\n" << out() << err();
    }
    process_ = 0;
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : killed + WTERMSIG(status);
    return code_;
}

void program::signal(int number) const { ::kill(process_, number); }

std::string program::out() const { return contents(folder_ / "stdout"); }
std::string program::err() const { return contents(folder_ / "stderr"); }

json::value program::summary() const { return json::parse(contents(report() / "summary.json")); }

std::vector<json::value> program::lines(std::string_view file) const {
    std::istringstream all(contents(report() / file));
    std::vector<json::value> parsed;
    for (std::string line; std::getline(all, line);) parsed.push_back(json::parse(line));
    return parsed;
}

std::vector<json::value> program::unexpected() const {
    auto all = lines("requests.jsonl");
    std::erase_if(all, [](const json::value& request) { return !request.at("unexpected").as_bool(); });
    return all;
}

std::uint64_t program::ticks() const {
    const auto all = contents(report() / "timeline.jsonl");
    return static_cast<std::uint64_t>(std::ranges::count(all, '\n'));
}

std::int64_t number(const json::value& of, std::string_view pointer) {
    return of.at_pointer(pointer).to_number<std::int64_t>();
}

std::string text(const json::value& of, std::string_view pointer) {
    return std::string(of.at_pointer(pointer).as_string());
}

} // namespace stage
