// What mpirun's many words come down to. The texts are those of Open MPI 4.1 and OpenSSH.
#include <loadsim/cluster/launch.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace loadsim::cluster {
namespace {

/// mpirun's words for every rank that did not end with 0, killed ones too.
constexpr std::string_view returned_non_zero = "process returned\na non-zero exit code";
constexpr int after_ctrl_c = 130; // a code of our own, not a signal's

bool says(std::string_view words, std::string_view what) { return words.find(what) != std::string_view::npos; }

/// What stands between `before` and the next `after`; empty: not there.
std::string between(std::string_view words, std::string_view before, std::string_view after) {
    const auto from = words.find(before);
    if (from == std::string_view::npos) return {};
    const auto rest = words.substr(from + before.size());
    return std::string(rest.substr(0, rest.find(after)));
}

/// The line that holds `what`, without the blanks around it; empty: none does.
std::string line_with(std::string_view words, std::string_view what) {
    const auto at = words.find(what);
    if (at == std::string_view::npos) return {};
    const auto begin = words.rfind('\n', at) + 1; // npos + 1 is 0
    auto line = words.substr(begin, words.find('\n', at) - begin);
    while (line.starts_with(' ')) line.remove_prefix(1);
    while (line.ends_with(' ') || line.ends_with('\r') || line.ends_with('.')) line.remove_suffix(1);
    return std::string(line);
}

/// What follows the last colon: "ssh: connect to host b port 22: No route to host".
std::string reason_of(const std::string& line) {
    const auto at = line.rfind(": ");
    return at == std::string::npos ? line : line.substr(at + 2);
}

/// Who was killed: "...process rank 1 with PID 13623 on node hostb exited on signal 9 (Killed)." When several end at once mpirun
/// may leave that out, and its exit code is all there is.
std::string killed_rank(std::string_view words, int exit_code) {
    const auto line = line_with(words, "exited on signal");
    auto rank = between(line, "process rank ", " ");
    const auto host = between(line, " on node ", " ");
    auto signal = between(line, "exited on signal ", " ");
    if (rank.empty() || host.empty() || signal.empty()) {
        if (!says(words, returned_non_zero) || exit_code <= 128 || exit_code >= 192 || exit_code == after_ctrl_c)
            return {};
        rank = "a rank";
        signal = std::to_string(exit_code - 128);
    } else {
        rank = fmt::format("rank {} on {}", rank, host);
    }
    if (signal == "9")
        return fmt::format("{} was killed by signal 9, as the kernel does when memory runs out (dmesg says so); the "
                           "launcher then ended all ranks",
                           rank);
    const auto name = between(line, "(", ")");
    return fmt::format("{} was ended by signal {}{}; the launcher then ended all ranks", rank, signal,
                       name.empty() ? name : " (" + name + ")");
}

/// What ssh said about another host.
std::string unreachable(std::string_view words) {
    if (const auto host = between(words, "ssh: Could not resolve hostname ", ":"); !host.empty())
        return fmt::format("host '{}' of the host file is unknown; is the name spelt as in DNS or /etc/hosts?", host);
    if (const auto line = line_with(words, "ssh: connect to host "); !line.empty()) {
        const auto host = between(line, "to host ", " ");
        return fmt::format("host '{}' of the host file cannot be reached ({}); does `ssh {}` work from here?", host,
                           reason_of(line), host);
    }
    if (const auto line = line_with(words, "Permission denied ("); !line.empty())
        return fmt::format("ssh was turned away ({}); starting ranks on other hosts takes ssh without a password",
                           line);
    if (says(words, "Host key verification failed"))
        return "ssh does not know the key of a host in the host file; log in to each host once by hand, or collect "
               "their "
               "keys with ssh-keyscan";
    if (says(words, "orted: command not found") || says(words, "orted: not found") ||
        says(words, "orted: No such file or directory"))
        return "a host of the host file has no Open MPI; apt-get install openmpi-bin there";
    return "not all hosts of the host file could be started; mpirun.log has what mpirun said";
}

} // namespace

std::string diagnose(std::string_view words, int exit_code) {
    if (exit_code == 0) return {};
    // The most telling first: each of these comes with others that follow from it.
    if (auto killed = killed_rank(words, exit_code); !killed.empty()) return killed;
    if (says(words, "MCA parameter \"plm_rsh_agent\" was set to a path"))
        return "ssh is needed to start ranks on other hosts, and it is not installed; apt-get install openssh-client";
    if (says(words, "unable to reliably start one or more daemons")) return unreachable(words);
    if (says(words, "There are not enough slots available"))
        return fmt::format(
            "the host file has fewer slots than the {} ranks asked for; raise slots= in it, or start fewer ranks",
            between(words, "to satisfy the ", "\n"));
    if (const auto program = between(words, "Executable: ", "\n"); !program.empty())
        return fmt::format("{} cannot be started on host {}; the program must be at the same path on every host",
                           program, between(words, "Node: ", "\n"));
    if (says(words, "unable to open the hostfile"))
        return fmt::format("the host file {} cannot be read", between(words, "hostfile:\n    ", "\n"));
    if (says(words, "parse error in the hostfile") || says(words, "bad parameter in the hostfile")) {
        const auto line = between(words, "occured on line number ", " ");
        return fmt::format("the host file {} cannot be understood{}; a line reads: host slots=4",
                           between(words, "in the hostfile:\n    ", "\n"), line.empty() ? "" : " in line " + line);
    }
    if (says(words, "No nodes are available for this job"))
        return "the host file names no host; a line reads: host slots=4";
    if (says(words, "lost communication with a remote daemon"))
        return "the connection to another host broke; the launcher then ended all ranks";
    // "mpirun has exited due to process rank 1 with PID 0 on\nnode vm exiting improperly."
    if (says(words, "exiting improperly"))
        return fmt::format("rank {} on {} left before the run was over; the launcher then ended all ranks",
                           between(words, "due to process rank ", " "), between(words, "\nnode ", " "));
    if (says(words, returned_non_zero)) return {}; // a rank ended with a code of its own
    if (words.empty()) return fmt::format("mpirun ended with code {} and without a word", exit_code);
    return fmt::format("mpirun ended with code {}; mpirun.log has what it said", exit_code);
}

} // namespace loadsim::cluster
