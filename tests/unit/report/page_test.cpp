// The page as HTML: what it may do, and that no text of a run leaves its data.
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>
#include <loadsim/report/page.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <sys/stat.h>

using namespace loadsim;
using namespace loadsim::report;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
namespace json = boost::json;

namespace {

constexpr std::string_view data_begin = R"(<script type="application/json" id="page-data">)";
constexpr std::string_view script_end = "</script>";

/// What a browser takes for the data: up to the first end tag.
std::string data_in(std::string_view page) {
    const auto from = page.find(data_begin) + data_begin.size();
    return std::string(page.substr(from, page.find(script_end, from) - from));
}

/// The script, likewise.
std::string script_in(std::string_view page) {
    const auto from = page.rfind("<script>") + std::string_view("<script>").size();
    return std::string(page.substr(from, page.find(script_end, from) - from));
}

std::size_t count_in(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

class page_test : public sample_run::temporary_folder {};

const std::string hostile_texts[] = {
    "</script><script>alert(1)</script>",
    "<!--",
    "<!-- <script>",
    "]]>",
    "<img src=x onerror=alert(1)>",
    "line\u2028and\u2029separators",
    "\xff\xfe\xc0\x80 invalid",
    "{{data}}{{scripts}}",
    "quotes \" ' ` \\ &lt;",
    "\u202e\x01\x7f",
};

} // namespace

TEST(page, allows_its_own_script_and_nothing_else) {
    const auto page = page_html("{}");
    const auto hash_of_script = to_base64(loadsim::hash(hash_function::sha256, script_in(page)));
    EXPECT_THAT(page, StartsWith("<!DOCTYPE html>"));
    EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; script-src 'sha256-" + hash_of_script +
                                "'; style-src 'unsafe-inline'; img-src data:; connect-src 'none'; base-uri 'none'; "
                                "form-action 'none'\""));
    EXPECT_THAT(page_html("{}", page_connections::own_server), HasSubstr("connect-src 'self'"));
    EXPECT_EQ(count_in(page, script_end), 2U) << "no script holds an end tag";
    EXPECT_THAT(script_in(page), Not(HasSubstr("<!--")));
    for (const auto* placeholder : {"{{content_security_policy}}", "{{style}}", "{{data}}", "{{scripts}}"})
        EXPECT_THAT(page, Not(HasSubstr(placeholder)));
}

TEST(page, keeps_the_licences_of_the_charts) {
    const auto page = page_html("{}");
    EXPECT_THAT(page, HasSubstr("dygraphs/blob/v2.2.1/LICENSE.txt (MIT)"));
}

TEST(page, puts_data_in_as_they_are) { EXPECT_EQ(data_in(page_html(R"({"a":"{{style}}"})")), R"({"a":"{{style}}"})"); }

TEST_F(page_test, hostile_texts_do_not_leave_the_data) {
    for (const auto& text : hostile_texts) {
        auto labels = sample_run::labels();
        labels.phases = {text, text + "2"};
        labels.services[0] = text;
        labels.segments[0] = text;
        const auto path = folder / to_hex(text).substr(0, 40);
        std::filesystem::create_directory(path);
        report_writer writer(path, sample_run::header(), labels);
        auto run = sample_run::run();
        auto p = sample_run::under_load(run.sum);
        auto r = sample_run::request();
        r.vin = r.reason = r.phase = r.request_id = r.segment = text;
        r.messages[0].head = r.messages[0].payload = text;
        p.interval.request_records = {r};
        p.interval.anomaly_records = {sample_run::anomaly()};
        p.interval.anomaly_records[0].evidence = p.interval.anomaly_records[0].request_id = text;
        p.interval.session_records = {{.at_ms = 1, .vin = text, .event = text}};
        writer.write(p);
        auto evaluation = sample_run::missed_budget();
        evaluation.reasons = {text};
        run.sum.errors = {{text, 1}};
        writer.finish(run, evaluation);
        std::ofstream(path / scenario_file_name) << "name: \"" << text << "\"\n";
        ASSERT_TRUE(writer.write_page()) << writer.errors().back();

        std::ifstream in(path / page_file_name, std::ios::binary);
        const std::string page(std::istreambuf_iterator<char>(in), {});
        EXPECT_EQ(count_in(page, "<script"), 2U) << text;
        EXPECT_EQ(count_in(page, script_end), 2U) << text;
        const auto data = data_in(page);
        EXPECT_THAT(data, Not(HasSubstr("<"))) << text;
        EXPECT_THAT(data, Not(HasSubstr("\u2028"))) << text;
        EXPECT_THAT(data, Not(HasSubstr("\u2029"))) << text;
        boost::system::error_code error;
        const auto document = json::parse(data, error); // refuses invalid UTF-8
        ASSERT_FALSE(error) << text;
        const auto& found = document.at("runs").at(0).at("requests").at(0);
        const bool is_utf8 = text.find('\xff') == std::string::npos;
        EXPECT_TRUE(!is_utf8 || found.at("reason") == json::value(text)) << text;
        EXPECT_EQ(found.at("vin"), found.at("reason"));
    }
}

TEST_F(page_test, is_written_whole_or_not_at_all) {
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    writer.finish(sample_run::run(), sample_run::missed_budget());
    EXPECT_TRUE(writer.write_page());
    EXPECT_THAT(text("report.html"), HasSubstr("\"verdict\":\"fail\""));
    EXPECT_FALSE(exists(folder / "report.html.part"));
    EXPECT_TRUE(writer.write_page()) << "again";
    std::filesystem::remove(folder / "report.html");
    std::filesystem::create_directories(folder / "report.html" / "in-the-way");
    EXPECT_FALSE(writer.write_page());
    EXPECT_THAT(writer.errors().back(), HasSubstr("report.html could not be written"));
    EXPECT_FALSE(exists(folder / "report.html.part"));
    EXPECT_TRUE(exists(folder / "summary.json"));
}

TEST_F(page_test, replaces_an_earlier_page_and_no_other_file) {
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    writer.finish(sample_run::run(), sample_run::missed_budget());
    const auto summary = text("summary.json");
    EXPECT_THAT(to_string(write_page(folder / "summary.json", {folder}, {})), HasSubstr("is a file of something else"));
    EXPECT_EQ(text("summary.json"), summary);
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(to_string(write_page(folder / "pipe", {folder}, {})), HasSubstr("is no regular file"));
    EXPECT_TRUE(std::filesystem::is_fifo(folder / "pipe"));
    std::ofstream(folder / "empty.html").flush();
    for (const auto* time : {"first", "again"})
        EXPECT_EQ(to_string(write_page(folder / "empty.html", {folder}, {})), "") << time;
}

TEST_F(page_test, an_error_of_the_page_is_told_as_those_of_other_files) {
    const auto missing = folder / "missing" / "report.html";
    report_writer writer(folder, sample_run::header(), sample_run::labels());
    EXPECT_THAT(to_string(write_page(missing, {folder}, {})), HasSubstr("cannot be written"));
    EXPECT_THAT(to_string(write_page(folder / "x.html", {folder / "none"}, {})), HasSubstr("is no folder"));
}
