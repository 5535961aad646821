// HDR logs of another implementation decoded by us, and ours decoded by it. Origin of the files: tests/data/hdr/README.md.
#include "sample_histograms.hpp"

#include <loadsim/measure/hdr_log.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

using namespace loadsim;
using namespace loadsim::measure;
using namespace std::chrono_literals;

namespace {

const std::string folder = LOADSIM_TEST_DATA "/hdr/";

/// The encoded histogram of each interval line, by tag.
std::map<std::string, std::string> lines_of(const std::string& file) {
    std::map<std::string, std::string> lines;
    std::ifstream in(folder + file);
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("Tag=")) lines[line.substr(4, line.find(',') - 4)] = line.substr(line.rfind(',') + 1);
    return lines;
}

struct expected_value {
    std::string tag, name;
    double microseconds;
};

std::vector<expected_value> read_expected_values(const std::string& file) {
    std::vector<expected_value> expected_values;
    std::ifstream in(folder + file);
    std::string line;
    std::getline(in, line); // titles
    while (std::getline(in, line)) {
        std::istringstream fields(line);
        expected_value f;
        std::getline(fields, f.tag, ',');
        std::getline(fields, f.name, ',');
        fields >> f.microseconds;
        expected_values.push_back(f);
    }
    return expected_values;
}

void expect_value(const histogram& h, const expected_value& f) {
    const auto name = f.tag + " " + f.name;
    if (f.name == "count") {
        EXPECT_EQ(static_cast<double>(h.count()), f.microseconds) << name;
    } else if (f.name == "mean") { // ours is rounded to the nanosecond
        EXPECT_NEAR(static_cast<double>(h.mean().count()), f.microseconds * 1000, 0.51) << name;
    } else {
        EXPECT_EQ(static_cast<double>(h.percentile(std::stod(f.name)).count()), f.microseconds * 1000) << name;
    }
}

} // namespace

TEST(foreign_hdr_logs, decode_to_the_values_of_their_writer) {
    const auto lines = lines_of("js.hlog");
    const auto expected_values = read_expected_values("js.percentiles.csv");
    ASSERT_EQ(lines.size(), 9U);
    ASSERT_EQ(expected_values.size(), 9U * 14);
    for (const auto& f : expected_values) {
        const auto h = decode_v2(lines.at(f.tag));
        ASSERT_TRUE(h) << f.tag << ": " << to_string(h.error());
        expect_value(*h, f);
    }
    EXPECT_EQ(*decode_v2(lines.at("golden")), recorded({1, 1000, 1'000'000}));
    EXPECT_EQ(*decode_v2(lines.at("gaps_of_one")), recorded({0, 2, 4, 6}));
    EXPECT_EQ(*decode_v2(lines.at("empty")), histogram{});
}

TEST(foreign_hdr_logs, of_another_layout_are_rejected_with_the_reason) {
    const auto lines = lines_of("refused.hlog");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(to_string(decode_v2(lines.at("two_digits")).error()),
              "the histogram has 2 significant digits, and only 3 can be read");
    EXPECT_EQ(to_string(decode_v2(lines.at("other_unit")).error()),
              "the histogram's lowest value is 1000, and only 1 can be read");
    EXPECT_GT(decode_v2(lines.at("above_an_hour"))->max(), 1h) << "the same layout, with another highest value";
}

TEST(foreign_hdr_logs, our_log_has_the_values_that_others_decode) {
    const auto made = sample_log();
    const auto lines = lines_of("ours.hlog");
    const auto expected_values = read_expected_values("ours.percentiles.csv");
    ASSERT_EQ(lines.size(), made.size());
    ASSERT_EQ(expected_values.size(), made.size() * 14);
    for (const auto& [tag, h] : made) EXPECT_EQ(*decode_v2(lines.at(tag)), h) << tag;
    for (const auto& f : expected_values) expect_value(made.at(f.tag), f);
}

// Writes the input file for the other implementation. Run manually: see the README next to the file.
TEST(foreign_hdr_logs, DISABLED_write_ours) {
    std::ofstream out(folder + "ours.hlog");
    out << hdr_log_header(std::chrono::system_clock::time_point{std::chrono::seconds{1'767'225'600}});
    nanoseconds start{0};
    for (const auto& [tag, h] : sample_log()) {
        out << hdr_log_line(tag, start, 1s, h);
        start += 1s;
    }
}
