// A rank for cluster_test: does what its argument says, and writes what it found into a file of the folder it is given.
//
//   cluster_rank letters FOLDER   every rank writes to every rank, then waits two seconds for one letter more
//   cluster_rank die FOLDER       rank 1 kills itself, the others wait for ever
//   cluster_rank three FOLDER     the last rank ends with 3 before it has joined
//   cluster_rank drain FOLDER     waits for SIGUSR1 or SIGUSR2; rank 0 then ends with 99, the others with 0
//   cluster_rank stay FOLDER      overhears them
//   cluster_rank deaf FOLDER      does not know the signals, and so dies of them
//   cluster_rank tell FOLDER      writes down the variable TOLD and where it is
#include <loadsim/cluster/channel.hpp>

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
using cluster::channel;

namespace {

constexpr auto poll_every = 20ms;

volatile std::sig_atomic_t signalled = 0;
void remember(int number) { signalled = number; }

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

/// The n-th letter from one rank to another: its size, and bytes that no other has.
std::string text_for(std::uint32_t from, std::uint32_t to, std::size_t n) {
    std::string text(sizes[n], '\0');
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<char>(i * 31 + i / 251 + from * 7 + to * 13 + n);
    return text;
}

/// Polls until `done` or half a minute is over.
bool poll(channel& talk, const std::function<bool()>& done, const std::function<void(channel::letter)>& take) {
    const auto start = std::chrono::steady_clock::now();
    while (!done()) {
        if (seconds_since(start) > 30 || !talk.trouble().empty()) return false;
        while (auto one = talk.receive()) take(std::move(*one));
        std::this_thread::sleep_for(poll_every);
    }
    return true;
}

constexpr const char* done = "all of yours have come";

int letters(channel& talk, std::ostream& out) {
    const auto& where = talk.where();
    const auto start = std::chrono::steady_clock::now();
    const double cpu_before = cpu_s();
    for (std::size_t n = 0; n < sizes.size(); ++n)
        for (std::uint32_t to = 0; to < where.count; ++to) talk.send(to, text_for(where.index, to, n));
    const double sending_s = seconds_since(start);
    std::map<std::uint32_t, std::size_t> had;
    std::size_t all = 0;
    std::uint32_t others_done = 0;
    bool right = true;
    const bool complete = poll(
        talk, [&] { return all == sizes.size() * where.count && talk.sent_all(); },
        [&](channel::letter one) {
            if (one.text == done) {
                ++others_done;
                return;
            }
            ++all;
            const auto n = had[one.from]++;
            right = right && n < sizes.size() && one.text == text_for(one.from, where.index, n);
        });
    out << "complete " << complete << "\nright " << right << "\nsending_s " << sending_s << "\nexchange_s "
        << seconds_since(start) << "\nexchange_cpu_s " << cpu_s() - cpu_before << '\n';

    if (where.index != 0) talk.send(0, done);
    poll(
        talk, [&] { return where.index != 0 || others_done == where.count - 1; },
        [&](const channel::letter& one) { others_done += one.text == done ? 1 : 0; });

    // Nothing for two seconds, then a letter of rank 0 to all.
    const double cpu_idle = cpu_s();
    const auto idle = std::chrono::steady_clock::now();
    bool heard = false;
    if (where.index == 0) {
        poll(
            talk, [&] { return seconds_since(idle) > 2; }, [](const channel::letter&) {});
        for (std::uint32_t to = 0; to < where.count; ++to) talk.send(to, "leave");
    }
    poll(
        talk, [&] { return heard && talk.sent_all(); },
        [&](const channel::letter& one) { heard = heard || one.text == "leave"; });
    out << "heard " << heard << "\nwait_s " << seconds_since(idle) << "\nwait_cpu_s " << cpu_s() - cpu_idle << "\nhere "
        << where.here << "\ncount " << where.count << "\nhost " << (talk.host_of(where.index) == where.host)
        << "\nnobody " << talk.host_of(where.count).empty() << '\n';
    return 0;
}

int live(const std::string& what, channel& talk, const std::filesystem::path& folder, std::ostream& out) {
    const auto& where = talk.where();
    if (what == "letters") return letters(talk, out);
    if (what == "tell") {
        const char* told = std::getenv("TOLD");
        out << "told " << (told != nullptr ? told : "") << '\n';
        std::fprintf(stderr, "noise of rank %u\nloadsim: rank %u is here\n", where.index, where.index);
        return 0;
    }
    out << "ready 1\n" << std::flush;
    std::filesystem::rename(folder / fmt::format("{}.new", where.index), folder / fmt::format("{}", where.index));
    if (what == "die" && where.index == 1) {
        std::this_thread::sleep_for(200ms);
        std::raise(SIGKILL);
    }
    // All others: until somebody ends us.
    poll(
        talk, [&] { return what == "drain" && signalled != 0; }, [](const channel::letter&) {});
    out << "signal " << signalled << '\n';
    return where.index == 0 ? 99 : 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    const std::string what = argv[1];
    const std::filesystem::path folder = argv[2];
    if (what != "deaf") {
        std::signal(SIGUSR1, remember);
        std::signal(SIGUSR2, remember);
    }
    if (what == "three") {
        std::fprintf(stderr, "loadsim: the broker is gone\n");
        return 3;
    }
    auto talk = channel::join();
    if (!talk) {
        std::fprintf(stderr, "loadsim: %s\n", to_string(talk.error()).c_str());
        return 3;
    }
    const bool renames = what != "letters" && what != "tell";
    std::ofstream out(folder / fmt::format("{}{}", (*talk)->where().index, renames ? ".new" : ""));
    return live(what, **talk, folder, out);
}
