// Ranks under a real mpirun: what they say to each other, what waiting costs, and what becomes of them.
#include "scratch.hpp"

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

volatile std::sig_atomic_t ours = 0;
void our_handler(int) { ours = ours + 1; }

class ranks : public testing::Test {
protected:
    launch_options asked(const std::string& what, std::uint32_t count) const {
        launch_options o;
        o.ranks = count;
        o.command = {CLUSTER_RANK, what, folder.string()};
        return o;
    }

    /// What a rank wrote: a word and a value a line.
    std::map<std::string, std::string> notes(std::uint32_t rank) const {
        std::ifstream in(folder / std::to_string(rank));
        std::map<std::string, std::string> all;
        std::string word;
        std::string value;
        while (in >> word && std::getline(in >> std::ws, value)) all[word] = value;
        return all;
    }
    double number(std::uint32_t rank, const std::string& word) const {
        const auto all = notes(rank);
        const auto found = all.find(word);
        EXPECT_NE(found, all.end()) << "rank " << rank << " left no " << word;
        return found == all.end() ? -1 : std::stod(found->second);
    }

    bool all_there(std::uint32_t count) const {
        for (std::uint32_t rank = 0; rank < count; ++rank)
            if (!fs::exists(folder / std::to_string(rank))) return false;
        return true;
    }

    /// Launches, and sends this process a signal once all ranks are there, and another one after it.
    launch_result launch_and_signal(const launch_options& options, int first, int second = 0) const {
        std::thread sender([&] {
            stage::wait_until([&] { return all_there(options.ranks); }, 25s);
            ::kill(::getpid(), first);
            if (second == 0) return;
            std::this_thread::sleep_for(300ms);
            ::kill(::getpid(), second);
        });
        auto ended = launch(options);
        sender.join();
        EXPECT_TRUE(ended) << to_string(ended.error());
        return ended ? *ended : launch_result{};
    }

    stage::scratch at;
    fs::path folder = at.path();
};

} // namespace

TEST_F(ranks, exchange_letters_in_order_and_wait_without_work) {
    const auto ended = launch(asked("letters", 3));
    ASSERT_TRUE(ended) << to_string(ended.error());
    EXPECT_EQ(ended->exit_code, 0) << ended->words;
    EXPECT_EQ(ended->trouble, "");
    EXPECT_TRUE(ended->started);
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

TEST_F(ranks, exchange_letters_over_tcp_as_between_hosts) {
    auto options = asked("letters", 3);
    options.environment = {{"OMPI_MCA_btl", "tcp,self"}};
    const auto ended = launch(options);
    ASSERT_TRUE(ended) << to_string(ended.error());
    EXPECT_EQ(ended->exit_code, 0) << ended->words;
    for (std::uint32_t rank = 0; rank < 3; ++rank) {
        EXPECT_EQ(number(rank, "complete"), 1) << rank;
        EXPECT_EQ(number(rank, "right"), 1) << rank;
        EXPECT_LT(number(rank, "wait_cpu_s"), 0.05 * number(rank, "wait_s")) << rank << " spins";
        std::printf("rank %u: exchange %.3f s with %.3f s of CPU, waited with %.4f s of CPU\n", rank,
                    number(rank, "exchange_s"), number(rank, "exchange_cpu_s"), number(rank, "wait_cpu_s"));
    }
}

TEST_F(ranks, get_what_is_exported_to_them_and_only_their_sentences_come_through) {
    auto options = asked("tell", 2);
    options.environment = {{"TOLD", R"(a b;c,d="e" $HOME)"}};
    testing::internal::CaptureStderr();
    const auto ended = launch(options);
    const auto heard = testing::internal::GetCapturedStderr();
    ASSERT_TRUE(ended) << to_string(ended.error());
    EXPECT_EQ(ended->exit_code, 0) << ended->words;
    for (std::uint32_t rank = 0; rank < 2; ++rank) EXPECT_EQ(notes(rank)["told"], R"(a b;c,d="e" $HOME)");
    EXPECT_THAT(heard, HasSubstr("loadsim: rank 0 is here\n"));
    EXPECT_THAT(heard, HasSubstr("loadsim: rank 1 is here\n"));
    EXPECT_THAT(heard, Not(HasSubstr("noise")));
    EXPECT_THAT(ended->words, HasSubstr("noise of rank 1\n"));
}

TEST_F(ranks, end_together_when_one_is_killed) {
    const auto ended = launch(asked("die", 3));
    ASSERT_TRUE(ended) << to_string(ended.error());
    EXPECT_EQ(ended->exit_code, 137);
    EXPECT_TRUE(ended->started);
    EXPECT_THAT(ended->trouble, HasSubstr("rank 1 on "));
    EXPECT_THAT(ended->trouble, HasSubstr("was killed by signal 9"));
}

TEST_F(ranks, that_end_with_a_code_of_their_own_have_said_why) {
    testing::internal::CaptureStderr();
    const auto ended = launch(asked("three", 2));
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("loadsim: the broker is gone\n"));
    ASSERT_TRUE(ended) << to_string(ended.error());
    EXPECT_EQ(ended->exit_code, 3);
    EXPECT_EQ(ended->trouble, "");
    EXPECT_TRUE(ended->started);
}

TEST_F(ranks, drain_at_ctrl_c_and_keep_their_exit_code) {
    struct sigaction before {};
    before.sa_handler = our_handler;
    ::sigaction(SIGINT, &before, nullptr);
    const auto ended = launch_and_signal(asked("drain", 3), SIGINT);
    EXPECT_EQ(ended.exit_code, 99) << ended.words;
    EXPECT_EQ(ended.trouble, "");
    for (std::uint32_t rank = 0; rank < 3; ++rank) EXPECT_EQ(number(rank, "signal"), SIGUSR1) << rank;

    EXPECT_EQ(ours, 0) << "it was the launch's to handle";
    ::raise(SIGINT);
    EXPECT_EQ(ours, 1) << "what was set up before is so again";
    ::signal(SIGINT, SIG_DFL);
}

TEST_F(ranks, drain_at_a_ctrl_c_that_came_too_early_for_mpirun) {
    const auto start = std::chrono::steady_clock::now();
    std::thread sender([] {
        std::this_thread::sleep_for(60ms); // mpirun takes 150 ms and more to start ranks
        ::kill(::getpid(), SIGINT);
    });
    const auto ended = launch(asked("drain", 2));
    sender.join();
    ASSERT_TRUE(ended);
    EXPECT_THAT(ended->exit_code, testing::AnyOf(99, 130)) << "130: a rank got it before it listened";
    EXPECT_LT(std::chrono::steady_clock::now() - start, 20s) << "the ranks would have stayed for 30 s";
}

TEST_F(ranks, drain_at_sigterm_too) {
    const auto ended = launch_and_signal(asked("drain", 2), SIGTERM);
    EXPECT_EQ(ended.exit_code, 99) << ended.words;
    for (std::uint32_t rank = 0; rank < 2; ++rank) EXPECT_EQ(number(rank, "signal"), SIGUSR2) << rank;
}

TEST_F(ranks, that_do_not_listen_yet_are_ended_by_ctrl_c) {
    const auto ended = launch_and_signal(asked("deaf", 2), SIGINT);
    EXPECT_EQ(ended.exit_code, 130) << ended.words;
    EXPECT_EQ(ended.trouble, "told to stop before all ranks had begun");
}

TEST_F(ranks, end_at_the_second_ctrl_c) {
    const auto start = std::chrono::steady_clock::now();
    const auto ended = launch_and_signal(asked("stay", 2), SIGINT, SIGINT);
    EXPECT_EQ(ended.exit_code, 130);
    EXPECT_EQ(ended.trouble, "");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 20s) << "the ranks would have stayed for 30 s";
}

TEST_F(ranks, that_cannot_be_started_are_told_in_a_sentence) {
    auto options = asked("tell", 3);
    options.hostfile = (folder / "hosts").string();
    std::ofstream(options.hostfile) << "localhost slots=1\n";
    auto ended = launch(options);
    ASSERT_TRUE(ended);
    EXPECT_THAT(ended->trouble, HasSubstr("the host file has fewer slots than the 3 ranks asked for"));
    EXPECT_FALSE(ended->started);

    options.hostfile = (folder / "none").string();
    ended = launch(options);
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->trouble, "the host file " + options.hostfile + " cannot be read");

    options = asked("tell", 1);
    options.command.front() = "/no/such/program";
    ended = launch(options);
    ASSERT_TRUE(ended);
    EXPECT_THAT(ended->trouble, HasSubstr("/no/such/program cannot be started on host "));
    EXPECT_FALSE(ended->started);
}

TEST_F(ranks, on_a_host_that_is_not_there_are_told_in_a_sentence) {
    // In the place of ssh, so that nothing leaves this machine; the words are OpenSSH's.
    const auto ssh = folder / "ssh";
    std::ofstream(ssh)
        << "#!/bin/sh\necho \"ssh: connect to host car-b.lab port 22: No route to host\" >&2\nexit 255\n";
    fs::permissions(ssh, fs::perms::owner_all);
    auto options = asked("tell", 2);
    options.hostfile = (folder / "hosts").string();
    options.environment = {{"OMPI_MCA_plm_rsh_agent", ssh.string()}};
    std::ofstream(options.hostfile) << "localhost slots=1\ncar-b.lab slots=1\n";
    const auto ended = launch(options);
    ASSERT_TRUE(ended);
    EXPECT_THAT(ended->trouble, HasSubstr("host 'car-b.lab' of the host file cannot be reached (No route to host)"));
    EXPECT_FALSE(ended->started);
}

TEST_F(ranks, without_an_mpirun_are_told_what_to_install) {
    const std::string path = std::getenv("PATH");
    ::setenv("PATH", folder.c_str(), 1);
    const auto ended = launch(asked("tell", 2));
    ::setenv("PATH", path.c_str(), 1);
    ASSERT_TRUE(ended);
    EXPECT_THAT(ended->trouble, HasSubstr("mpirun is not installed"));
    EXPECT_EQ(ended->exit_code, 127);
    EXPECT_FALSE(ended->started);
}
