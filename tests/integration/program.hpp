// loadsim itself, run as people run it.
#pragma once

#include "scratch.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace stage {

using arguments = std::vector<std::string>;

/// A run of the program in a folder of its own, its output in files there. Killed with the test, and by the destructor.
/// Threads: the one that made it.
class program {
public:
    /// `before_exec` runs in the child and may change what the program finds (limits, mounts); system calls only, no
    /// allocation. False: it cannot, and the child ends with `not_staged`.
    explicit program(const arguments&, const std::function<bool()>& before_exec = {});
    ~program();
    program(const program&) = delete;
    program& operator=(const program&) = delete;

    static constexpr int not_staged = 125;
    static constexpr int killed = 128; ///< plus the signal, as shells say it

    /// Its exit code. Longer than `at_most`: killed, and the test is told.
    int wait(std::chrono::seconds at_most = std::chrono::seconds{30});
    void signal(int) const;
    pid_t pid() const noexcept { return process_; }

    std::string out() const; ///< what it has said so far
    std::string err() const;
    /// Where run() has its report written.
    std::filesystem::path report() const { return folder_ / "report"; }
    std::filesystem::path folder() const { return folder_.path(); }
    boost::json::value summary() const;
    std::vector<boost::json::value> lines(std::string_view file) const; ///< throws when one does not parse
    std::vector<boost::json::value> unexpected() const; ///< of requests.jsonl
    std::uint64_t ticks() const;                                        ///< lines of the timeline so far

    /// "run FILE --report report MORE...". The scenario is written into the program's folder.
    static program run(const std::string& scenario, arguments more = {}, const std::function<bool()>& before_exec = {});

private:
    program(const std::string& scenario, arguments, const std::function<bool()>& before_exec);
    void start(const arguments&, const std::function<bool()>& before_exec);

    scratch folder_;
    pid_t process_ = 0;
    int code_ = -1;
};

/// A figure of the summary by its path: number(summary, "/requests/outcomes/executed").
std::int64_t number(const boost::json::value& of, std::string_view pointer);
std::string text(const boost::json::value& of, std::string_view pointer);

} // namespace stage
