// Output of mpirun: filter of its stderr, and diagnosis. The patterns match Open MPI 4.1 and 5.0, and OpenSSH.
#include "mpirun_output.hpp"

#include <loadsim/cluster/launch.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace loadsim::cluster {
namespace {

constexpr std::string_view rank_line_prefix = "loadsim: ";
/// mpirun's notice for each signal that it forwards to the ranks.
constexpr std::string_view forwarding_notice = "mpirun: Forwarding signal ";
constexpr std::string_view omission_mark = "[...]\n";
constexpr std::size_t max_line_length = std::size_t{64} << 10; // limit for output without newlines

/// mpirun's texts, of 4.1 and of 5.0, for every rank with a non-zero exit code; 4.1 prints its own for killed ones, too.
constexpr std::array<std::string_view, 2> returned_non_zero{"process returned\na non-zero exit code",
                                                            "processes exited with non-zero status"};
constexpr int ctrl_c_exit_code = 130; // an exit code of loadsim, not a signal

bool contains(std::string_view output, std::string_view what) { return output.find(what) != std::string_view::npos; }

bool contains_any(std::string_view output, const auto& patterns) {
    return std::ranges::any_of(patterns, [&](std::string_view pattern) { return contains(output, pattern); });
}

/// The output with "exited on signal" in one line, which 5.0 breaks.
std::string unwrapped(std::string_view output) {
    constexpr std::string_view wrapped = "exited on\nsignal";
    std::string text(output);
    for (auto at = text.find(wrapped); at != std::string::npos; at = text.find(wrapped, at))
        text[at + wrapped.find('\n')] = ' ';
    return text;
}

/// Text between `before` and the next `after`; empty: not found.
std::string between(std::string_view output, std::string_view before, std::string_view after) {
    const auto from = output.find(before);
    if (from == std::string_view::npos) return {};
    const auto rest = output.substr(from + before.size());
    return std::string(rest.substr(0, rest.find(after)));
}

/// The line after the blanks and line breaks that follow `before`; empty: not found.
std::string line_after(std::string_view output, std::string_view before) {
    const auto at = output.find(before);
    if (at == std::string_view::npos) return {};
    auto rest = output.substr(at + before.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(" \n"), rest.size()));
    return std::string(rest.substr(0, rest.find('\n')));
}

/// Line containing `what`, trimmed; empty: not found.
std::string line_containing(std::string_view output, std::string_view what) {
    const auto at = output.find(what);
    if (at == std::string_view::npos) return {};
    const auto begin = output.rfind('\n', at) + 1; // npos + 1 is 0
    auto line = output.substr(begin, output.find('\n', at) - begin);
    while (line.starts_with(' ')) line.remove_prefix(1);
    while (line.ends_with(' ') || line.ends_with('\r') || line.ends_with('.')) line.remove_suffix(1);
    return std::string(line);
}

/// Text after the last colon: "ssh: connect to host b port 22: No route to host".
std::string reason_of(const std::string& line) {
    const auto at = line.rfind(": ");
    return at == std::string::npos ? line : line.substr(at + 2);
}

/// Sentence for a killed rank: "...process rank 1 with PID 13623 on node hostb exited on signal 9 (Killed)." mpirun may omit
/// this line if several ranks exit at once; then only its exit code is known.
std::string killed_rank(std::string_view output, int exit_code) {
    const auto line = line_containing(output, "exited on signal");
    auto rank = between(line, "process rank ", " ");
    const auto host = between(line, " on node ", " ");
    auto signal = between(line, "exited on signal ", " ");
    if (rank.empty() || host.empty() || signal.empty()) {
        if (!contains_any(output, returned_non_zero) || exit_code <= 128 || exit_code >= 192 ||
            exit_code == ctrl_c_exit_code)
            return {};
        rank = "a rank";
        signal = std::to_string(exit_code - 128);
    } else {
        rank = fmt::format("rank {} on {}", rank, host);
    }
    if (signal == "9")
        return fmt::format(
            "{} was killed by signal 9: by the kernel because memory ran out if `dmesg` says so, else by a "
            "user or another program; the launcher then ended all ranks",
            rank);
    const auto name = between(line, "(", ")");
    return fmt::format("{} was ended by signal {}{}; the launcher then ended all ranks", rank, signal,
                       name.empty() ? name : " (" + name + ")");
}

/// The shell of another host does not find the daemon of Open MPI: orted of 4.1, prted of 5.0.
bool mentions_missing_daemon(std::string_view output) {
    constexpr std::array<std::string_view, 6> patterns{
        "orted: command not found", "orted: not found", "orted: No such file or directory",
        "prted: command not found", "prted: not found", "prted: No such file or directory"};
    return contains_any(output, patterns);
}

/// 4.1 names the failed start of a daemon. 5.0 calls it lost communication, and ssh or the shell has said why.
bool daemon_not_started(std::string_view output) {
    constexpr std::array<std::string_view, 5> patterns{"unable to reliably start one or more daemons",
                                                       "ssh: Could not resolve hostname ", "ssh: connect to host ",
                                                       "Permission denied (", "Host key verification failed"};
    return contains_any(output, patterns) || mentions_missing_daemon(output);
}

/// Sentence for an ssh error.
std::string ssh_error(std::string_view output) {
    if (const auto host = between(output, "ssh: Could not resolve hostname ", ":"); !host.empty())
        return fmt::format("host '{}' of the host file is unknown; is the name spelt as in DNS or /etc/hosts?", host);
    if (const auto line = line_containing(output, "ssh: connect to host "); !line.empty()) {
        const auto host = between(line, "to host ", " ");
        return fmt::format("host '{}' of the host file cannot be reached ({}); does `ssh {}` work from here?", host,
                           reason_of(line), host);
    }
    if (const auto line = line_containing(output, "Permission denied ("); !line.empty())
        return fmt::format("ssh login was refused ({}); starting ranks on other hosts takes ssh without a password",
                           line);
    if (contains(output, "Host key verification failed"))
        return "ssh does not know the key of a host in the host file; log in to each host once by hand, or collect "
               "their "
               "keys with ssh-keyscan";
    if (mentions_missing_daemon(output))
        return "a host of the host file has no Open MPI; apt-get install openmpi-bin there";
    return "not all hosts of the host file could be started; mpirun.log has the output of mpirun";
}

} // namespace

void mpirun_output::append(std::string_view piece) {
    while (!piece.empty()) {
        const auto newline = piece.find('\n');
        const auto part = piece.substr(0, newline == std::string_view::npos ? newline : newline + 1);
        piece.remove_prefix(part.size());
        line_ += part;
        if (newline != std::string_view::npos || line_.size() >= max_line_length) finish();
    }
}

void mpirun_output::finish() {
    if (line_.empty()) return;
    if (!line_.ends_with('\n')) line_ += '\n';
    dispatch_line(line_);
    line_.clear();
}

void mpirun_output::dispatch_line(std::string_view line) {
    if (line.starts_with(rank_line_prefix)) {
        ranks_wrote_ = true;
        forward_line_(line);
        return;
    }
    if (line.starts_with(forwarding_notice)) return;
    kept_ += line;
    if (kept_.size() <= max_kept) return;
    // Drops whole lines from the middle, a quarter of the limit at once, so that this happens rarely.
    const auto from = kept_.find('\n', max_kept / 4) + 1;
    const auto to = kept_.find('\n', from + max_kept / 4) + 1;
    kept_.replace(from, to == 0 ? std::string::npos : to - from, omission_mark);
}

bool mentions_ranks(std::string_view output) {
    constexpr std::array<std::string_view, 3> patterns{"exited on signal", "exiting improperly",
                                                       "*** Process received signal ***"};
    return contains_any(unwrapped(output), patterns) || contains_any(output, returned_non_zero);
}

bool mentions_signal(std::string_view output, int signal) {
    return contains(unwrapped(output), fmt::format("exited on signal {} ", signal));
}

std::string diagnose(std::string_view output, int exit_code) {
    if (exit_code == 0) return {};
    // Root causes first: each of these texts comes with others that are its consequences.
    if (auto killed = killed_rank(unwrapped(output), exit_code); !killed.empty()) return killed;
    if (contains(output, "MCA parameter \"plm_rsh_agent\" was set to a path") ||
        contains(output, "No available launching agents were found"))
        return "ssh is needed to start ranks on other hosts, and it is not installed; apt-get install openssh-client";
    if (daemon_not_started(output)) return ssh_error(output);
    if (contains(output, "There are not enough slots available"))
        return fmt::format(
            "the host file has fewer slots than the {} ranks asked for; raise slots= in it, or start fewer ranks",
            between(output, "to satisfy the ", "\n"));
    if (const auto program = between(output, "Executable: ", "\n"); !program.empty())
        return fmt::format("{} cannot be started on host {}; the program must be at the same path on every host",
                           program, between(output, "Node: ", "\n"));
    if (contains(output, "unable to open the hostfile"))
        return fmt::format("the host file {} cannot be read", line_after(output, "hostfile:"));
    if (contains(output, "parse error in the hostfile") || contains(output, "bad parameter in the hostfile")) {
        const auto line = between(output, "occured on line number ", " ");
        return fmt::format("the host file {} cannot be understood{}; a line reads: host slots=4",
                           line_after(output, "in the hostfile:"), line.empty() ? "" : " in line " + line);
    }
    if (contains(output, "No nodes are available for this job"))
        return "the host file names no host; a line reads: host slots=4";
    if (contains(output, "lost communication with a remote daemon"))
        return "the connection to another host broke; the launcher then ended all ranks";
    // "mpirun has exited due to process rank 1 with PID 0 on\nnode vm exiting improperly."
    if (contains(output, "exiting improperly"))
        return fmt::format("rank {} on {} left before the run was over; the launcher then ended all ranks",
                           between(output, "due to process rank ", " "), between(output, "\nnode ", " "));
    if (contains_any(output, returned_non_zero))
        return {}; // a rank exited with an error code and has printed the cause
    if (output.empty()) return fmt::format("mpirun ended with code {} and without output", exit_code);
    return fmt::format("mpirun ended with code {}; mpirun.log has its output", exit_code);
}

} // namespace loadsim::cluster
