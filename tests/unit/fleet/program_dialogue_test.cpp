// Dialogue with an external program: lines in any order and any pieces, limits, time-outs, and how each failure is counted.
#include "external_program/dialogue.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

namespace {

constexpr monotonic_time dialogue_start{100s};

/// Records the answer of each question: "a {...}", "a none".
class dialogue_test : public testing::Test {
protected:
    void ask(const std::string& name, nanoseconds at = 0s) {
        dialogue_.ask(R"("q":")" + name + '"',
                      [this, name](const boost::json::object* answer) -> std::string {
                          if (answer != nullptr && answer->contains("unusable")) return "it is unusable";
                          answers_.push_back(name + ' ' +
                                             (answer == nullptr ? "none" : boost::json::serialize(*answer)));
                          return {};
                      },
                      dialogue_start + at);
    }
    void receive(std::string_view bytes, nanoseconds at = 0s) { dialogue_.receive(bytes, dialogue_start + at); }
    std::map<std::string, std::uint64_t> failures() { return dialogue_.take_counts().failures; }

    program_options options_{.path = "p", .arguments = {}, .timeout = 1s, .in_flight = 3};
    program_dialogue dialogue_{options_};
    std::vector<std::string> answers_;
};

TEST_F(dialogue_test, asks_one_line_each_and_takes_answers_in_any_order) {
    ask("a");
    ask("b");
    EXPECT_EQ(dialogue_.output(), "{\"id\":1,\"q\":\"a\"}\n{\"id\":2,\"q\":\"b\"}\n");
    receive("{\"id\":2}\n{\"id\":1}\n", 10ms);
    EXPECT_THAT(answers_, ElementsAre(R"(b {"id":2})", R"(a {"id":1})"));
    EXPECT_EQ(dialogue_.waiting(), 0U);
    EXPECT_EQ(dialogue_.next_deadline(), never);
    const auto counts = dialogue_.take_counts();
    EXPECT_EQ(counts.asked, 2U);
    EXPECT_EQ(counts.answered, 2U);
    EXPECT_EQ(counts.answer.count(), 2U);
    EXPECT_GE(counts.answer.max(), 10ms);
    EXPECT_LT(counts.answer.max(), 11ms);
    EXPECT_THAT(counts.failures, IsEmpty());
    EXPECT_EQ(dialogue_.take_counts(), measure::program_counts{}) << "taken";
}

TEST_F(dialogue_test, lines_come_in_pieces) {
    ask("a");
    ask("b");
    const std::string lines = "{\"id\":1}\r\n\n{\"id\":2}\n";
    for (const char c : lines) receive({&c, 1});
    EXPECT_THAT(answers_, ElementsAre(R"(a {"id":1})", R"(b {"id":2})"));
    EXPECT_THAT(failures(), IsEmpty()) << "an empty line says nothing";
}

TEST_F(dialogue_test, a_question_without_an_answer_in_time_is_given_up) {
    ask("a");
    ask("b", 400ms);
    EXPECT_EQ(dialogue_.next_deadline(), dialogue_start + 1s);
    dialogue_.expire(dialogue_start + 1s - 1ns);
    EXPECT_THAT(answers_, IsEmpty());
    dialogue_.expire(dialogue_start + 1s);
    EXPECT_THAT(answers_, ElementsAre("a none"));
    EXPECT_EQ(dialogue_.next_deadline(), dialogue_start + 1400ms);
    receive("{\"id\":1}\n", 1100ms);
    EXPECT_THAT(answers_, ElementsAre("a none")) << "the answer is late";
    const auto counts = dialogue_.take_counts();
    EXPECT_EQ(counts.late, 1U);
    EXPECT_THAT(counts.failures, ElementsAre(Pair("exec_timeout", 1U)));
}

TEST_F(dialogue_test, the_deadline_is_that_of_the_oldest_question_that_waits) {
    ask("a");
    ask("b", 400ms);
    receive("{\"id\":1}\n");
    EXPECT_EQ(dialogue_.next_deadline(), dialogue_start + 1400ms);
}

TEST_F(dialogue_test, no_more_questions_wait_than_the_limit) {
    for (const auto* name : {"a", "b", "c", "d"}) ask(name);
    EXPECT_THAT(answers_, ElementsAre("d none"));
    EXPECT_THAT(failures(), ElementsAre(Pair("exec_overflow", 1U)));
    receive("{\"id\":1}\n");
    ask("e");
    EXPECT_EQ(dialogue_.waiting(), 3U);
}

TEST_F(dialogue_test, a_program_that_reads_nothing_fills_a_bounded_buffer) {
    const std::string long_name(400'000, 'x');
    for (int i = 0; i < 3; ++i) {
        ask(long_name);
        dialogue_.expire(dialogue_start + 1h); // inFlight does not count them any more
    }
    const auto size = dialogue_.output().size();
    dialogue_.take_counts();
    ask("one more");
    EXPECT_EQ(dialogue_.output().size(), size);
    EXPECT_EQ(answers_.back(), "one more none");
    EXPECT_THAT(failures(), ElementsAre(Pair("exec_overflow", 1U)));
    dialogue_.output().clear();
    dialogue_.set_being_written(program_dialogue::unread_max + 1);
    ask("what is being written counts");
    EXPECT_THAT(failures(), ElementsAre(Pair("exec_overflow", 1U)));
}

TEST_F(dialogue_test, a_line_that_answers_nothing_is_a_bad_answer) {
    for (const auto* line : {"hello", "[1]", "17", "{}", R"({"id":"1"})", R"({"id":-1})", R"({"id":0})", R"({"id":2})",
                             R"({"id":1.5})", R"({"id":1)"}) {
        SCOPED_TRACE(line);
        program_dialogue fresh(options_);
        bool called = false;
        fresh.ask(
            "\"q\":1",
            [&called](const boost::json::object*) -> std::string {
                called = true;
                return {};
            },
            dialogue_start);
        fresh.receive(std::string(line) + '\n', dialogue_start);
        EXPECT_FALSE(called) << "its question still waits";
        EXPECT_THAT(fresh.take_counts().failures, ElementsAre(Pair("exec_bad_answer", 1U)));
    }
}

TEST_F(dialogue_test, an_answer_that_cannot_be_used_is_none) {
    ask("a");
    receive("{\"id\":1,\"unusable\":true}\n");
    EXPECT_THAT(answers_, ElementsAre("a none"));
    const auto counts = dialogue_.take_counts();
    EXPECT_EQ(counts.answered, 0U);
    EXPECT_THAT(counts.failures, ElementsAre(Pair("exec_bad_answer", 1U)));
    EXPECT_THAT(counts.reasons, ElementsAre(Pair("exec_bad_answer: it is unusable", 1U)));
}

TEST_F(dialogue_test, a_line_that_is_too_long_is_skipped_to_its_end) {
    ask("a");
    const std::string piece(program_dialogue::line_max / 2 + 1, 'x');
    for (int i = 0; i < 5; ++i) receive(piece);
    EXPECT_THAT(failures(), ElementsAre(Pair("exec_bad_answer", 1U))) << "once";
    receive("x\n{\"id\":1}\n");
    EXPECT_THAT(answers_, ElementsAre(R"(a {"id":1})"));
    EXPECT_THAT(failures(), IsEmpty());
}

TEST_F(dialogue_test, a_flood_of_useless_lines_is_told) {
    for (std::uint64_t i = 1; i < program_dialogue::useless_lines_max; ++i) receive("noise\n");
    EXPECT_FALSE(dialogue_.is_flooded());
    receive("noise\nnoise\n");
    EXPECT_TRUE(dialogue_.is_flooded());
    EXPECT_THAT(failures(), ElementsAre(Pair("exec_bad_answer", program_dialogue::useless_lines_max)))
        << "nothing is read beyond";
}

TEST_F(dialogue_test, all_questions_of_a_program_that_ends_have_no_answer) {
    ask("a");
    ask("b");
    dialogue_.end("it ended with exit code 3");
    EXPECT_THAT(answers_, ElementsAre("a none", "b none"));
    ask("c");
    EXPECT_EQ(answers_.back(), "c none");
    EXPECT_EQ(dialogue_.output(), "");
    EXPECT_EQ(dialogue_.next_deadline(), never);
    const auto counts = dialogue_.take_counts();
    EXPECT_THAT(counts.failures, ElementsAre(Pair("exec_ended", 3U)));
    EXPECT_THAT(counts.reasons, ElementsAre(Pair("exec_ended: it ended with exit code 3", 3U)));
}

TEST_F(dialogue_test, what_is_forgotten_is_not_called) {
    ask("a");
    dialogue_.forget();
    receive("{\"id\":1}\n");
    dialogue_.expire(dialogue_start + 1h);
    EXPECT_THAT(answers_, IsEmpty());
}

TEST_F(dialogue_test, the_number_of_different_reasons_is_limited) {
    for (std::size_t i = 0; i < program_dialogue::reasons_max + 10; ++i) dialogue_.count_reason(fmt::format("r{}", i));
    const auto reasons = dialogue_.take_counts().reasons;
    EXPECT_EQ(reasons.size(), program_dialogue::reasons_max + 1);
    EXPECT_EQ(reasons.at("other reasons"), 10U);
}

} // namespace
