// Ranks under a real mpirun: messages between ranks, CPU cost of waiting, signals, exit codes and launch failures.
#include "temporary_folder.hpp"

#include <loadsim/cluster/launch.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

using namespace loadsim;
using namespace loadsim::cluster;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

namespace {

volatile std::sig_atomic_t signals_handled = 0;
void count_signal(int) { signals_handled = signals_handled + 1; }

class ranks : public testing::Test {
protected:
    launch_options options_for(const std::string& mode, std::uint32_t count) const {
        launch_options o;
        o.ranks = count;
        o.command = {CLUSTER_RANK, mode, folder.string()};
        return o;
    }

    /// Results that a rank wrote: one key and value per line.
    std::map<std::string, std::string> results(std::uint32_t rank) const {
        std::ifstream in(folder / std::to_string(rank));
        std::map<std::string, std::string> all;
        std::string key;
        std::string value;
        while (in >> key && std::getline(in >> std::ws, value)) all[key] = value;
        return all;
    }
    double number(std::uint32_t rank, const std::string& key) const {
        const auto all = results(rank);
        const auto found = all.find(key);
        EXPECT_NE(found, all.end()) << "rank " << rank << " left no " << key;
        return found == all.end() ? -1 : std::stod(found->second);
    }

    bool all_ready(std::uint32_t count) const {
        for (std::uint32_t rank = 0; rank < count; ++rank)
            if (!fs::exists(folder / std::to_string(rank))) return false;
        return true;
    }

    /// Launches, and signals this process when all ranks are ready; `second` 300 ms later, 0: none.
    launch_result launch_and_signal(const launch_options& options, int first, int second = 0) const {
        std::thread sender([&] {
            harness::wait_until([&] { return all_ready(options.ranks); }, 25s);
            ::kill(::getpid(), first);
            if (second == 0) return;
            std::this_thread::sleep_for(300ms);
            ::kill(::getpid(), second);
        });
        auto result = launch(options);
        sender.join();
        EXPECT_TRUE(result) << to_string(result.error());
        return result ? *result : launch_result{};
    }

    harness::temporary_folder temporary;
    fs::path folder = temporary.path();
};

} // namespace

TEST_F(ranks, exchange_messages_in_order_and_wait_without_cpu) {
    const auto result = launch(options_for("letters", 3));
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(result->exit_code, 0) << result->output;
    EXPECT_EQ(result->error, "");
    EXPECT_TRUE(result->started);
    for (std::uint32_t rank = 0; rank < 3; ++rank) {
        EXPECT_EQ(number(rank, "complete"), 1) << rank;
        EXPECT_EQ(number(rank, "right"), 1) << rank;
        EXPECT_EQ(number(rank, "heard"), 1) << rank;
        EXPECT_EQ(number(rank, "host"), 1) << rank;
        EXPECT_EQ(number(rank, "nobody"), 1) << rank;
        EXPECT_EQ(number(rank, "count"), 3) << rank;
        EXPECT_EQ(number(rank, "here"), 3) << rank;
        EXPECT_GE(number(rank, "wait_s"), 1.5) << rank;
        EXPECT_LT(number(rank, "wait_cpu_s"), 0.05 * number(rank, "wait_s")) << rank << " spins";
        std::printf("rank %u: sending %.3f s, exchange %.3f s with %.3f s of CPU, waited %.3f s with %.4f s of CPU\n",
                    rank, number(rank, "sending_s"), number(rank, "exchange_s"), number(rank, "exchange_cpu_s"),
                    number(rank, "wait_s"), number(rank, "wait_cpu_s"));
    }
}

TEST_F(ranks, exchange_messages_over_tcp_as_between_hosts) {
    auto options = options_for("letters", 3);
    options.environment = {{"OMPI_MCA_btl", "tcp,self"}};
    const auto result = launch(options);
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(result->exit_code, 0) << result->output;
    for (std::uint32_t rank = 0; rank < 3; ++rank) {
        EXPECT_EQ(number(rank, "complete"), 1) << rank;
        EXPECT_EQ(number(rank, "right"), 1) << rank;
        EXPECT_LT(number(rank, "wait_cpu_s"), 0.05 * number(rank, "wait_s")) << rank << " spins";
        std::printf("rank %u: exchange %.3f s with %.3f s of CPU, waited with %.4f s of CPU\n", rank,
                    number(rank, "exchange_s"), number(rank, "exchange_cpu_s"), number(rank, "wait_cpu_s"));
    }
}

TEST_F(ranks, get_exported_variables_and_only_their_own_lines_are_forwarded) {
    auto options = options_for("tell", 2);
    options.environment = {{"TOLD", R"(a b;c,d="e" $HOME)"}};
    testing::internal::CaptureStderr();
    const auto result = launch(options);
    const auto forwarded = testing::internal::GetCapturedStderr();
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(result->exit_code, 0) << result->output;
    for (std::uint32_t rank = 0; rank < 2; ++rank) EXPECT_EQ(results(rank)["told"], R"(a b;c,d="e" $HOME)");
    EXPECT_THAT(forwarded, HasSubstr("loadsim: rank 0 is here\n"));
    EXPECT_THAT(forwarded, HasSubstr("loadsim: rank 1 is here\n"));
    EXPECT_THAT(forwarded, Not(HasSubstr("noise")));
    EXPECT_THAT(result->output, HasSubstr("noise of rank 1\n"));
}

TEST_F(ranks, end_together_when_one_is_killed) {
    const auto result = launch(options_for("die", 3));
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(result->exit_code, 137);
    EXPECT_TRUE(result->started);
    EXPECT_THAT(result->error, HasSubstr("rank 1 on "));
    EXPECT_THAT(result->error, HasSubstr("was killed by signal 9"));
}

TEST_F(ranks, that_end_with_their_own_exit_code_have_reported_the_reason) {
    testing::internal::CaptureStderr();
    const auto result = launch(options_for("three", 2));
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("loadsim: the broker is gone\n"));
    ASSERT_TRUE(result) << to_string(result.error());
    EXPECT_EQ(result->exit_code, 3);
    EXPECT_EQ(result->error, "");
    EXPECT_TRUE(result->started);
}

TEST_F(ranks, drain_at_ctrl_c_and_keep_their_exit_code) {
    struct sigaction before {};
    before.sa_handler = count_signal;
    ::sigaction(SIGINT, &before, nullptr);
    const auto result = launch_and_signal(options_for("drain", 3), SIGINT);
    EXPECT_EQ(result.exit_code, 99) << result.output;
    EXPECT_EQ(result.error, "");
    for (std::uint32_t rank = 0; rank < 3; ++rank) EXPECT_EQ(number(rank, "signal"), SIGUSR1) << rank;

    EXPECT_EQ(signals_handled, 0) << "it was the launch's to handle";
    ::raise(SIGINT);
    EXPECT_EQ(signals_handled, 1) << "what was set up before is so again";
    ::signal(SIGINT, SIG_DFL);
}

TEST_F(ranks, drain_at_a_ctrl_c_before_mpirun_is_ready) {
    const auto start = std::chrono::steady_clock::now();
    std::thread sender([] {
        std::this_thread::sleep_for(60ms); // mpirun takes 150 ms and more to start ranks
        ::kill(::getpid(), SIGINT);
    });
    const auto result = launch(options_for("drain", 2));
    sender.join();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->exit_code, 99) << result->output;
    EXPECT_LT(std::chrono::steady_clock::now() - start, 20s) << "the ranks would have stayed for 30 s";
}

TEST_F(ranks, drain_at_sigterm_too) {
    const auto result = launch_and_signal(options_for("drain", 2), SIGTERM);
    EXPECT_EQ(result.exit_code, 99) << result.output;
    for (std::uint32_t rank = 0; rank < 2; ++rank) EXPECT_EQ(number(rank, "signal"), SIGUSR2) << rank;
}

TEST_F(ranks, without_signal_handlers_are_ended_by_ctrl_c) {
    const auto result = launch_and_signal(options_for("deaf", 2), SIGINT);
    EXPECT_EQ(result.exit_code, 130) << result.output;
    EXPECT_EQ(result.error, "asked to stop before all ranks had started");
}

TEST_F(ranks, end_their_drain_at_a_second_signal) {
    const struct {
        int first, second, forwarded, other;
    } rows[] = {{SIGTERM, SIGTERM, SIGUSR2, SIGUSR1},
                {SIGTERM, SIGINT, SIGUSR2, SIGUSR1},
                {SIGINT, SIGHUP, SIGUSR1, SIGUSR2},
                {SIGINT, SIGINT, SIGUSR1, SIGUSR2}};
    for (const auto& row : rows) {
        for (const auto* file : {"0", "1"}) fs::remove(folder / file);
        const auto result = launch_and_signal(options_for("abort", 2), row.first, row.second);
        EXPECT_EQ(result.exit_code, 4) << "that of rank 0\n" << result.output;
        EXPECT_EQ(result.error, "");
        for (std::uint32_t rank = 0; rank < 2; ++rank) {
            EXPECT_EQ(number(rank, "signal"), row.forwarded) << rank;
            EXPECT_EQ(number(rank, "other"), row.other) << rank;
        }
    }
}

TEST_F(ranks, have_their_output_forwarded_as_it_is) {
    testing::internal::CaptureStdout();
    const auto result = launch(options_for("print", 2));
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "\x1b[Kline of rank 0\n");
    ASSERT_TRUE(result);
    EXPECT_EQ(result->exit_code, 0) << result->output;
}

TEST_F(ranks, that_do_not_end_are_ended_by_the_second_ctrl_c) {
    const auto start = std::chrono::steady_clock::now();
    const auto result = launch_and_signal(options_for("stay", 2), SIGINT, SIGINT);
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_EQ(result.error, "Ctrl-C ended all ranks at once");
    EXPECT_TRUE(result.started);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 20s) << "the ranks would have stayed for 30 s";
}

TEST_F(ranks, that_cannot_be_started_are_reported_in_one_sentence) {
    auto options = options_for("tell", 3);
    options.hostfile = (folder / "hosts").string();
    std::ofstream(options.hostfile) << "localhost slots=1\n";
    auto result = launch(options);
    ASSERT_TRUE(result);
    EXPECT_THAT(result->error, HasSubstr("the host file has fewer slots than the 3 ranks asked for"));
    EXPECT_FALSE(result->started);

    options.hostfile = (folder / "none").string();
    result = launch(options);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->error, "the host file " + options.hostfile + " cannot be read");

    options = options_for("tell", 1);
    options.command.front() = "/no/such/program";
    result = launch(options);
    ASSERT_TRUE(result);
    EXPECT_THAT(result->error, HasSubstr("/no/such/program cannot be started on host "));
    EXPECT_FALSE(result->started);
}

TEST_F(ranks, on_an_unreachable_host_are_reported_in_one_sentence) {
    // Replaces ssh, so that nothing leaves this machine; the message is OpenSSH's.
    const auto ssh = folder / "ssh";
    std::ofstream(ssh)
        << "#!/bin/sh\necho \"ssh: connect to host car-b.lab port 22: No route to host\" >&2\nexit 255\n";
    fs::permissions(ssh, fs::perms::owner_all);
    auto options = options_for("tell", 2);
    options.hostfile = (folder / "hosts").string();
    options.environment = {{"OMPI_MCA_plm_rsh_agent", ssh.string()}};
    std::ofstream(options.hostfile) << "localhost slots=1\ncar-b.lab slots=1\n";
    const auto result = launch(options);
    ASSERT_TRUE(result);
    EXPECT_THAT(result->error, HasSubstr("host 'car-b.lab' of the host file cannot be reached (No route to host)"));
    EXPECT_FALSE(result->started);
}

TEST_F(ranks, without_mpirun_report_what_to_install) {
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", folder.c_str(), 1);
    const auto result = launch(options_for("tell", 2));
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_TRUE(result);
    EXPECT_THAT(result->error, HasSubstr("mpirun is not installed"));
    EXPECT_EQ(result->exit_code, 127);
    EXPECT_FALSE(result->started);
}
