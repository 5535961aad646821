// loadsim itself, run as a child process.
#pragma once

#include "child_process.hpp"
#include "temporary_folder.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace harness {

using arguments = std::vector<std::string>;

/// One execution of the program in its own folder, with its output in files there. Killed by the destructor and with the
/// test process. Threads: the constructing one.
class program {
public:
    /// `before_exec` runs in the child and may change limits or mounts; system calls only, no allocation. False: not
    /// permitted, and the child exits with `setup_failed`.
    /// `environment`: variables that take precedence over those of this process.
    explicit program(const arguments&, const std::function<bool()>& before_exec = {},
                     const std::vector<std::pair<std::string, std::string>>& environment = {});

    static constexpr int setup_failed = 125;
    static constexpr int killed_by_signal = 128; ///< plus the signal number, as in shells

    /// Exit code. The files of the report are checked against their schemas. After the timeout the process is killed and the test fails.
    int wait(std::chrono::seconds timeout = std::chrono::seconds{30});
    /// Exit code; nullopt: still running.
    std::optional<int> exit_code(std::chrono::seconds timeout) { return process_->exit_code(timeout); }
    void signal(int number) const { process_->signal(number); }
    pid_t pid() const { return process_->pid(); }

    std::string out() const; ///< output so far
    std::string err() const;
    /// Report folder used by run().
    std::filesystem::path report() const { return folder_ / "report"; }
    std::filesystem::path folder() const { return folder_.path(); }
    boost::json::value summary() const;
    std::vector<boost::json::value> json_lines(std::string_view file) const; ///< throws on an invalid line
    std::vector<boost::json::value> unexpected_requests() const;             ///< unexpected requests in requests.jsonl
    std::uint64_t timeline_lines() const;                                    ///< lines of the timeline so far

    /// "run FILE --report report MORE...". Writes the scenario into the program's folder.
    static program run(const std::string& scenario, arguments extra_arguments = {},
                       const std::function<bool()>& before_exec = {},
                       const std::vector<std::pair<std::string, std::string>>& environment = {});

private:
    program(const std::string& scenario, arguments, const std::function<bool()>& before_exec,
            const std::vector<std::pair<std::string, std::string>>& environment);
    void start(const arguments&, const std::function<bool()>& before_exec,
               const std::vector<std::pair<std::string, std::string>>& environment);

    temporary_folder folder_;
    std::optional<child_process> process_;
};

/// Rest of the line after `before` in what the program prints. Empty: it is not printed within the time, and the test fails.
std::string printed_after(const program&, std::string_view before,
                          std::chrono::seconds timeout = std::chrono::seconds{15});

/// Value at a JSON pointer: number(summary, "/requests/outcomes/executed").
std::int64_t number(const boost::json::value& value, std::string_view pointer);
std::string text(const boost::json::value& value, std::string_view pointer);

} // namespace harness
