#include "summary_checks.hpp"

#include "json_schema.hpp"
#include "program.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace harness {
namespace {

/// Expected outcomes as text: "executed or timed_out".
std::string joined_outcomes(const boost::json::value& outcomes) {
    std::string all;
    for (const auto& outcome : outcomes.as_array())
        all += (all.empty() ? "" : " or ") + std::string(outcome.as_string());
    return all;
}

/// Schema of a file, by its name without extension.
boost::json::value schema_of(const std::string& file, const std::string& version = "2") {
    return boost::json::parse(
        read_file(std::filesystem::path(LOADSIM_ROOT) / "docs/schema" / (file + '-' + version + ".schema.json")));
}

void expect_valid(const boost::json::value& schema, const std::string& text, const std::string& file) {
    EXPECT_THAT(schema_errors(schema, boost::json::parse(text)), testing::IsEmpty()) << file << ": " << text;
}

} // namespace

void expect_valid_files(const std::filesystem::path& report) {
    for (const auto* name : {"run", "summary"})
        if (const auto text = read_file(report / (std::string(name) + ".json")); !text.empty())
            expect_valid(schema_of(name), text, name);
    if (const auto text = read_file(report / "capacity.json"); !text.empty())
        expect_valid(schema_of("capacity", "1"), text, "capacity");
    constexpr int max_lines = 500;
    for (const auto* name : {"timeline", "requests", "anomalies", "sessions", "telemetry-findings"}) {
        const auto schema = schema_of(name);
        std::ifstream in(report / (std::string(name) + ".jsonl"));
        int lines = 0;
        for (std::string line; lines < max_lines && std::getline(in, line) && !in.eof(); ++lines)
            expect_valid(schema, line, name);
    }
}

std::int64_t sum_of_outcomes(const boost::json::value& summary, std::string_view pointer) {
    std::int64_t sum = 0;
    for (const auto& outcome : summary.at_pointer(pointer).as_object())
        sum += outcome.value().to_number<std::int64_t>();
    return sum;
}

void expect_consistent_sums(const boost::json::value& summary) {
    EXPECT_EQ(number(summary, "/requests/due"), sum_of_outcomes(summary, "/requests/outcomes"));
    std::int64_t due = 0;
    std::int64_t sent = 0;
    for (const auto& phase : summary.at("phases").as_array()) {
        EXPECT_EQ(number(phase, "/due"), sum_of_outcomes(phase, "/outcomes")) << phase;
        due += number(phase, "/due");
        sent += number(phase, "/sent");
    }
    EXPECT_EQ(due, number(summary, "/requests/due"));
    EXPECT_EQ(sent, number(summary, "/requests/sent"));
    std::int64_t cells = 0;
    std::int64_t off_diagonal = 0;
    for (const auto& cell : summary.at("outcome_matrix").as_array()) {
        cells += number(cell, "/count");
        const auto& expected_outcomes = cell.at("expected_outcomes").as_array();
        const bool unexpected = std::find(expected_outcomes.begin(), expected_outcomes.end(), cell.at("outcome")) ==
                                expected_outcomes.end();
        EXPECT_EQ(cell.at("unexpected").as_bool(), unexpected) << cell;
        if (unexpected) off_diagonal += number(cell, "/count");
    }
    EXPECT_EQ(cells, number(summary, "/requests/due"));
    EXPECT_EQ(off_diagonal, number(summary, "/requests/unexpected"));
    EXPECT_NE(number(summary, "/exit_code"), 1) << "a bug of loadsim";
}

void expect_verdict(const program& run, std::string_view verdict, std::int64_t code) {
    const auto summary = run.summary();
    expect_consistent_sums(summary);
    EXPECT_EQ(text(summary, "/verdict"), verdict);
    EXPECT_EQ(number(summary, "/exit_code"), code);
    EXPECT_FALSE(summary.at("verdict_reasons").as_array().empty());
    for (const auto& reason : summary.at("verdict_reasons").as_array())
        EXPECT_THAT(run.out(), testing::HasSubstr(std::string(reason.as_string()).substr(0, 30)));
}

std::map<std::string, std::int64_t> outcome_matrix(const boost::json::value& summary) {
    std::map<std::string, std::int64_t> cells;
    for (const auto& cell : summary.at("outcome_matrix").as_array())
        cells[text(cell, "/segment") + ": " + joined_outcomes(cell.at("expected_outcomes")) + " as " +
              text(cell, "/outcome")] += number(cell, "/count");
    return cells;
}

} // namespace harness
