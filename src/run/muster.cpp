#include "muster.hpp"

#include <loadsim/base/units.hpp>
#include <loadsim/run/ranks.hpp>

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <sstream>
#include <string_view>
#include <thread>
#include <variant>

namespace loadsim::run {
namespace {

using namespace std::chrono_literals;

constexpr auto all_heard_within = 60s;
constexpr auto all_gone_within = 20s;
/// Of the clocks, read by each rank at the moment when all were there. The load's start lies further ahead.
constexpr std::chrono::microseconds clocks_apart_at_most = 1s;

std::string seconds_of(std::int64_t us) { return fmt::format("{:.1f} s", static_cast<double>(us) / 1e6); }

} // namespace

std::string first_difference(const std::string& here, const std::string& there) {
    std::istringstream a(here);
    std::istringstream b(there);
    std::string ours;
    std::string theirs;
    for (int line = 1;; ++line) {
        const bool more_a = static_cast<bool>(std::getline(a, ours));
        const bool more_b = static_cast<bool>(std::getline(b, theirs));
        if (!more_a && !more_b) return {};
        if (!more_a) ours = "nothing more";
        if (!more_b) theirs = "nothing more";
        if (ours != theirs) return fmt::format("line {}: '{}' here and '{}' there", line, ours, theirs);
    }
}

problems disagreements(const cluster::hello& own, const std::vector<greeting>& others) {
    problems all;
    for (const auto& [from, said] : others) {
        if (!said.trouble.empty()) {
            std::istringstream lines(said.trouble);
            for (std::string line; std::getline(lines, line);) all.add(from, line);
            continue;
        }
        if (said.version != own.version) {
            all.add(from, fmt::format("it is loadsim {}, and rank 0 is {}; install the same on all hosts", said.version,
                                      own.version));
            continue;
        }
        if (said.scenario != own.scenario)
            all.add(from, "it has another scenario than rank 0, " + first_difference(own.scenario, said.scenario) +
                              "; give all hosts the same file and the same environment");
        const auto apart = said.wall_us - own.wall_us;
        if (std::abs(apart) > clocks_apart_at_most.count())
            all.add(from,
                    fmt::format("its clock is {} {} rank 0's; the ranks start together by the clock: have all hosts "
                                "synchronise theirs (NTP)",
                                seconds_of(std::abs(apart)), apart > 0 ? "ahead of" : "behind"));
    }
    return all;
}

result<void> muster(cluster::channel& channel, const cluster::hello& own) {
    std::vector<greeting> heard;
    std::vector<bool> from(channel.where().count, false);
    const auto until = std::chrono::steady_clock::now() + all_heard_within;
    while (heard.size() + 1 < channel.where().count) {
        if (!channel.trouble().empty()) return problems{"ranks", channel.trouble()};
        const auto letter = channel.receive();
        if (!letter) {
            if (std::chrono::steady_clock::now() > until) {
                problems silent;
                for (std::uint32_t rank = 1; rank < channel.where().count; ++rank)
                    if (!from[rank])
                        silent.add(channel.called(rank),
                                   fmt::format("has said nothing for {}", format_duration(all_heard_within)));
                return silent;
            }
            std::this_thread::sleep_for(cluster::look_for_letters);
            continue;
        }
        const auto name = channel.called(letter->from);
        auto message = cluster::decode(letter->text);
        const auto* said = message ? std::get_if<cluster::hello>(&*message) : nullptr;
        if (said == nullptr) return problems{name, "it does not speak as we do; install the same loadsim on all hosts"};
        from[letter->from] = true;
        heard.push_back({name, *said});
    }
    if (auto wrong = disagreements(own, heard); !wrong.empty()) return wrong;
    return {};
}

void welcome(cluster::channel& channel, const cluster::welcome& how) {
    const auto text = cluster::encode(how);
    for (std::uint32_t rank = 1; rank < channel.where().count; ++rank) channel.send(rank, text);
}

bool dismiss(cluster::channel& channel) {
    const auto text = cluster::encode(cluster::order{.what = cluster::order::kind::leave});
    for (std::uint32_t rank = 1; rank < channel.where().count; ++rank) channel.send(rank, text);
    const auto until = std::chrono::steady_clock::now() + all_gone_within;
    for (std::uint32_t gone = 1; gone < channel.where().count && channel.trouble().empty();) {
        const auto letter = channel.receive();
        if (!letter) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::sleep_for(cluster::look_for_letters);
            continue;
        }
        const auto message = cluster::decode(letter->text);
        const auto* report = message ? std::get_if<cluster::report>(&*message) : nullptr;
        if (report != nullptr && report->leaving) ++gone;
    }
    return channel.trouble().empty();
}

void say_goodbye(cluster::channel& channel) {
    cluster::report last;
    last.leaving = true;
    channel.send(0, cluster::encode(last));
}

std::string describe(const cluster::channel& channel, std::uint32_t shards) {
    std::set<std::string> hosts;
    for (std::uint32_t rank = 0; rank < channel.where().count; ++rank) hosts.insert(channel.host_of(rank));
    const auto counted = [](std::size_t n, std::string_view what) {
        return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    return fmt::format("{} on {}, {} each", counted(channel.where().count, "rank"), counted(hosts.size(), "host"),
                       counted(shards, "shard"));
}

std::optional<cluster::welcome> report_for_duty(cluster::channel& channel, const cluster::hello& own) {
    channel.send(0, cluster::encode(own));
    while (channel.trouble().empty()) {
        const auto letter = channel.receive();
        if (!letter) {
            std::this_thread::sleep_for(cluster::look_for_letters);
            continue;
        }
        const auto message = cluster::decode(letter->text);
        const auto* how = message ? std::get_if<cluster::welcome>(&*message) : nullptr;
        if (how == nullptr) return std::nullopt; // to leave
        return *how;
    }
    return std::nullopt;
}

} // namespace loadsim::run
