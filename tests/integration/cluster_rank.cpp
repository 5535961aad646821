// Rank process of cluster_test: executes the mode of its argument and writes results into a file of the given folder.
//
//   cluster_rank letters FOLDER   every rank sends to every rank, then waits two seconds for one more message
//   cluster_rank die FOLDER       rank 1 kills itself, the others wait
//   cluster_rank three FOLDER     ranks exit with 3 before they join
//   cluster_rank drain FOLDER     waits for SIGUSR1 or SIGUSR2; rank 0 then exits with 99, the others with 0
//   cluster_rank abort FOLDER     waits for both; rank 0 then exits with 4
//   cluster_rank stay FOLDER      ignores these signals
//   cluster_rank print FOLDER     rank 0 writes a line on stdout
//   cluster_rank deaf FOLDER      has no signal handlers and is killed by them
//   cluster_rank tell FOLDER      writes the variable TOLD, and a line on stderr
#include <loadsim/cluster/mpi_channel.hpp>

#include <fmt/format.h>

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>

using namespace loadsim;
using namespace std::chrono_literals;
using received_message = cluster::channel::received_message;

namespace {

constexpr auto poll_interval = 20ms;

volatile std::sig_atomic_t received_signal = 0; ///< the first one
volatile std::sig_atomic_t other_signal = 0;
void on_signal(int number) {
    if (received_signal == 0)
        received_signal = number;
    else if (number != received_signal)
        other_signal = number;
}

double cpu_s() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

constexpr std::array<std::size_t, 12> sizes{1, 0, 5'000'000, 2, 100, 4'000, 5'000, 70'000, 1, 300'000, 2'000'000, 7};

/// The n-th message from one rank to another; its bytes differ from those of all others.
std::string message_text(std::uint32_t from, std::uint32_t to, std::size_t n) {
    std::string text(sizes[n], '\0');
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<char>(i * 31 + i / 251 + from * 7 + to * 13 + n);
    return text;
}

/// Polls until `done`; false after 30 s or on an error.
bool poll_until(cluster::channel& channel, const std::function<bool()>& done,
                const std::function<void(received_message)>& on_message) {
    const auto start = std::chrono::steady_clock::now();
    while (!done()) {
        if (seconds_since(start) > 30 || !channel.error().empty()) return false;
        while (auto one = channel.receive()) on_message(std::move(*one));
        std::this_thread::sleep_for(poll_interval);
    }
    return true;
}

constexpr const char* done_message = "all of yours have come";

int exchange_messages(cluster::channel& channel, std::ostream& out) {
    const auto& info = channel.info();
    const auto start = std::chrono::steady_clock::now();
    const double cpu_before = cpu_s();
    for (std::size_t n = 0; n < sizes.size(); ++n)
        for (std::uint32_t to = 0; to < info.count; ++to) channel.send(to, message_text(info.index, to, n));
    const double sending_s = seconds_since(start);
    std::map<std::uint32_t, std::size_t> received;
    std::size_t all = 0;
    std::uint32_t others_done = 0;
    bool all_correct = true;
    const bool complete = poll_until(
        channel, [&] { return all == sizes.size() * info.count; },
        [&](received_message one) {
            if (one.text == done_message) {
                ++others_done;
                return;
            }
            ++all;
            const auto n = received[one.from]++;
            all_correct = all_correct && n < sizes.size() && one.text == message_text(one.from, info.index, n);
        });
    out << "complete " << complete << "\nright " << all_correct << "\nsending_s " << sending_s << "\nexchange_s "
        << seconds_since(start) << "\nexchange_cpu_s " << cpu_s() - cpu_before << '\n';

    // What a rank has sent is complete when all others have received everything.
    for (std::uint32_t to = 0; to < info.count; ++to)
        if (to != info.index) channel.send(to, done_message);
    poll_until(
        channel, [&] { return others_done == info.count - 1; },
        [&](const received_message& one) { others_done += one.text == done_message ? 1 : 0; });

    // No traffic for two seconds, then one message of rank 0 to all.
    const double cpu_idle = cpu_s();
    const auto idle = std::chrono::steady_clock::now();
    bool leave_received = false;
    if (info.index == 0) {
        poll_until(
            channel, [&] { return seconds_since(idle) > 2; }, [](const received_message&) {});
        for (std::uint32_t to = 0; to < info.count; ++to) channel.send(to, "leave");
    }
    poll_until(
        channel, [&] { return leave_received; },
        [&](const received_message& one) { leave_received = leave_received || one.text == "leave"; });
    out << "heard " << leave_received << "\nwait_s " << seconds_since(idle) << "\nwait_cpu_s " << cpu_s() - cpu_idle
        << "\nhere " << info.ranks_on_host << "\ncount " << info.count << "\nhost "
        << (channel.host_of(info.index) == info.host) << "\nnobody " << channel.host_of(info.count).empty() << '\n';
    return 0;
}

int run_mode(const std::string& mode, cluster::channel& channel, const std::filesystem::path& folder,
             std::ostream& out) {
    const auto& info = channel.info();
    if (mode == "letters") return exchange_messages(channel, out);
    if (mode == "tell") {
        const char* value = std::getenv("TOLD");
        out << "told " << (value != nullptr ? value : "") << '\n';
        std::fprintf(stderr, "noise of rank %u\nloadsim: rank %u is here\n", info.index, info.index);
        return 0;
    }
    if (mode == "print") {
        if (info.index == 0) std::fputs("\x1b[Kline of rank 0\n", stdout);
        return 0;
    }
    out << "ready 1\n" << std::flush;
    std::filesystem::rename(folder / fmt::format("{}.new", info.index), folder / fmt::format("{}", info.index));
    if (mode == "die" && info.index == 1) {
        std::this_thread::sleep_for(200ms);
        std::raise(SIGKILL);
    }
    // All other modes: until a signal.
    poll_until(
        channel, [&] { return (mode == "drain" && received_signal != 0) || (mode == "abort" && other_signal != 0); },
        [](const received_message&) {});
    out << "signal " << received_signal << "\nother " << other_signal << '\n' << std::flush;
    if (mode == "abort") std::this_thread::sleep_for(200ms); // the others write as well before the launcher ends them
    return info.index == 0 ? (mode == "abort" ? 4 : 99) : 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::string mode = argv[1];
    const std::filesystem::path folder = argv[2];
    // "deaf": as ranks on other hosts, which do not inherit what the launcher ignores.
    for (const int number : {SIGUSR1, SIGUSR2}) std::signal(number, mode == "deaf" ? SIG_DFL : on_signal);
    if (mode == "three") {
        std::fprintf(stderr, "loadsim: the broker is gone\n");
        return 3;
    }
    auto channel = cluster::join_ranks();
    if (!channel) {
        std::fprintf(stderr, "loadsim: %s\n", to_string(channel.error()).c_str());
        return 3;
    }
    const bool renames = mode != "letters" && mode != "tell" && mode != "print";
    std::ofstream out(folder / fmt::format("{}{}", (*channel)->info().index, renames ? ".new" : ""));
    return run_mode(mode, **channel, folder, out);
}
