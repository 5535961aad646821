// The live page's rows, events and document.
#include "sample_run.hpp"

#include <loadsim/report/live_history.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

live_header header() {
    return {.version = "0.2.0",
            .folder = "quickstart-1",
            .run_json = run_json(sample_run::header()),
            .scenario = "name: quickstart\n"};
}

live_history sample_history() { return {header(), sample_run::labels()}; }

/// Second `n` of the load, which began four seconds after the run; `n` below 0: connecting.
measure::progress second(int n) {
    measure::progress p;
    p.elapsed = std::chrono::seconds(n + 4);
    p.load_duration = 30s;
    p.planned_arrivals = 1'000;
    p.sessions_planned = 200;
    p.sessions_online = 190;
    if (n < 0) return p;
    p.current_stage = measure::stage::load;
    p.load_elapsed = std::chrono::seconds(n);
    p.load_started = sample_run::load_started();
    p.target_rate = 10;
    p.interval.requests.due = p.interval.requests.sent = 10;
    p.interval.requests.outcomes[static_cast<std::size_t>(outcome::executed)] = 9;
    p.interval.requests.unexpected = 1;
    p.interval.latencies.record(measure::hop::e2e, 0, 0, std::chrono::milliseconds(n + 1));
    return p;
}

measure::request_record unexpected_request(std::uint64_t arrival) {
    auto r = sample_run::request();
    r.arrival = arrival;
    r.unexpected = true;
    return r;
}

/// Data of the only event in the text.
json::value data_of(const live_history::text& event) {
    const auto at = event->find("data: ");
    EXPECT_TRUE(event->ends_with("\n\n")) << *event;
    EXPECT_EQ(std::ranges::count(*event, '\n'), std::ranges::count(event->substr(0, at), '\n') + 2) << "on one line";
    return json::parse(event->substr(at + 6));
}

json::value document_of(const live_history& all) { return json::parse(all.document()); }

const json::array& column(const json::value& document, const char* name) {
    return document.at_pointer("/runs/0/timeline").at(name).as_array();
}

double number(const json::value& v) { return v.to_number<double>(); }

} // namespace

TEST(live_history, an_event_has_the_row_of_the_second) {
    auto all = sample_history();
    all.add(live_update_of(second(1)));
    auto p = second(2);
    const auto sum = p.interval;
    p.cumulative = &sum;
    p.interval.request_records.push_back(unexpected_request(7));
    const auto event = all.add(live_update_of(p));
    EXPECT_THAT(*event, StartsWith("id: 2\nevent: row\ndata: {"));
    const auto data = data_of(event);
    const auto& row = data.at("row");
    EXPECT_EQ(number(row.at("end_s")), 2);
    EXPECT_EQ(row.at("stage").as_string(), "load");
    EXPECT_EQ(number(row.at("target_rate")), 10);
    EXPECT_EQ(number(row.at("sent_rate")), 10);
    EXPECT_EQ(number(row.at("executed")), 9);
    EXPECT_EQ(number(row.at("unexpected")), 1);
    EXPECT_EQ(number(row.at("online")), 190);
    EXPECT_EQ(number(row.at("e2e_samples")), 1);
    EXPECT_NEAR(number(row.at("e2e_p99")), 3, 0.01);
    EXPECT_TRUE(row.at("lag_p99").is_null()) << "no samples";
    EXPECT_EQ(number(data.at_pointer("/progress/planned")), 1'000);
    EXPECT_EQ(number(data.at_pointer("/progress/sent")), 10);
    EXPECT_EQ(number(data.at_pointer("/progress/left_s")), 28);
    const auto& request = data.at_pointer("/unexpected_requests/0");
    EXPECT_EQ(number(request.at("arrival")), 7);
    EXPECT_TRUE(request.at("hops_ms").is_object());
    EXPECT_EQ(request.at_pointer("/why/0").as_string(), "unexpected");
}

TEST(live_history, the_document_has_all_rows_and_is_that_of_a_page) {
    auto all = sample_history();
    for (int i = -3; i <= 5; ++i) all.add(live_update_of(second(i)));
    const auto document = document_of(all);
    EXPECT_EQ(document.at("schema").as_string(), "loadsim.page/1");
    EXPECT_TRUE(document.at("live").as_bool());
    EXPECT_EQ(number(document.at("last_id")), 9);
    const auto& run = document.at_pointer("/runs/0");
    EXPECT_EQ(run.at("folder").as_string(), "quickstart-1");
    EXPECT_TRUE(run.at("summary").is_null());
    EXPECT_TRUE(run.at("run").is_object());
    for (const auto& [name, values] : run.at("timeline").as_object()) EXPECT_EQ(values.as_array().size(), 9U) << name;
    EXPECT_EQ(number(column(document, "end_s").front()), -3) << "before the load";
    EXPECT_EQ(number(column(document, "end_s").back()), 5);
}

TEST(live_history, without_rows_has_empty_columns) {
    const auto document = document_of(sample_history());
    EXPECT_TRUE(column(document, "end_s").empty());
    EXPECT_TRUE(column(document, "e2e_p99").empty());
}

TEST(live_history, times_count_from_the_load_once_it_has_begun) {
    auto all = sample_history();
    EXPECT_EQ(number(data_of(all.add(live_update_of(second(-2)))).at_pointer("/row/end_s")), 2) << "of the run";
    EXPECT_EQ(number(data_of(all.add(live_update_of(second(-1)))).at_pointer("/row/end_s")), 3);
    EXPECT_EQ(all.add(live_update_of(second(1))), live_history::reload_event()) << "the page reads the document";
    EXPECT_EQ(all.events_after(2).front(), live_history::reload_event()) << "a page with the rows before, too";
    EXPECT_EQ(number(data_of(all.add(live_update_of(second(2)))).at_pointer("/row/end_s")), 2);
}

TEST(live_history, a_late_page_loses_no_event) {
    auto all = sample_history();
    for (int i = 1; i <= 10; ++i) all.add(live_update_of(second(i)));
    const auto missed = all.events_after(7);
    ASSERT_EQ(missed.size(), 3U);
    EXPECT_THAT(*missed[0], StartsWith("id: 8\n"));
    EXPECT_THAT(*missed[2], StartsWith("id: 10\n"));
    EXPECT_TRUE(all.events_after(10).empty());
    EXPECT_EQ(all.events_after(11).front(), live_history::reload_event()) << "an id of another run";
    EXPECT_EQ(all.newest_events(2).size(), 2U);
    EXPECT_EQ(all.newest_events(100).size(), 9U) << "all since the load began";
}

TEST(live_history, events_that_are_no_longer_kept_make_the_page_read_the_document) {
    auto all = sample_history();
    const auto count = static_cast<int>(live_history::kept_events_max) + 10;
    std::size_t kept = 0;
    for (int i = 1; i <= count; ++i) all.add(live_update_of(second(i)));
    for (const auto& event : all.newest_events(live_history::kept_events_max)) kept += event->size();
    EXPECT_LE(kept, live_history::kept_bytes_max);
    EXPECT_EQ(all.events_after(1).front(), live_history::reload_event());
}

TEST(live_history, long_runs_have_longer_rows_before_the_newest) {
    auto all = sample_history();
    constexpr int seconds_of_an_hour = 3'600;
    for (int i = 1; i <= seconds_of_an_hour; ++i) all.add(live_update_of(second(i)));
    const auto text = all.document();
    EXPECT_LT(text.size(), 2'000'000U);
    const auto document = json::parse(text);
    const auto& ends = column(document, "end_s");
    EXPECT_LT(ends.size(), 2'400U) << "the page reads the document again when it has more";
    double previous = 0;
    double sent = 0;
    double executed = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        const auto length = number(ends[i]) - previous;
        EXPECT_GT(length, 0);
        EXPECT_NEAR(number(column(document, "e2e_samples")[i]), length, 1e-6) << "no second is missing or twice";
        sent += number(column(document, "sent_rate")[i]) * length;
        executed += number(column(document, "executed")[i]);
        previous = number(ends[i]);
    }
    EXPECT_EQ(previous, seconds_of_an_hour);
    EXPECT_NEAR(sent, 10.0 * seconds_of_an_hour, 1);
    EXPECT_EQ(executed, 9.0 * seconds_of_an_hour);
    // Of a joined row: the largest of its samples, not a mean.
    EXPECT_NEAR(number(column(document, "e2e_max").front()) / (number(ends.front()) + 1), 1, 0.01);
}

TEST(live_history, bands_are_the_phases_as_they_were_seen) {
    auto all = sample_history();
    auto p = second(1);
    all.add(live_update_of(p));
    p = second(2);
    p.phase = 1;
    const auto open = data_of(all.add(live_update_of(p))).at("bands");
    ASSERT_EQ(open.as_array().size(), 1U) << "only open ones";
    EXPECT_EQ(open.at(0).at("name").as_string(), sample_run::labels().phases[1]);
    EXPECT_EQ(number(open.at(0).at("from_s")), 1);
    const auto bands = document_of(all).at_pointer("/runs/0/bands").as_array();
    ASSERT_EQ(bands.size(), 2U);
    EXPECT_EQ(bands[0].at("name").as_string(), sample_run::labels().phases[0]);
    EXPECT_EQ(number(bands[0].at("to_s")), 1);
}

TEST(live_history, keeps_the_newest_unexpected_requests_with_short_payloads) {
    auto all = sample_history();
    auto p = second(1);
    for (std::uint64_t i = 0; i < 300; ++i) p.interval.request_records.push_back(unexpected_request(i));
    measure::message_record message;
    message.payload = std::string(1'000, 'x');
    p.interval.request_records.back().messages = {message};
    for (int i = 1; i <= 12; ++i) {
        p.elapsed = std::chrono::seconds(i);
        all.add(live_update_of(p));
    }
    const auto run = document_of(all).at_pointer("/runs/0");
    const auto& requests = run.at("requests").as_array();
    ASSERT_EQ(requests.size(), live_history::requests_max);
    EXPECT_EQ(number(requests.back().at("arrival")), 299);
    EXPECT_EQ(requests.back().at_pointer("/messages/0/payload").as_string().size(), 200U);
    EXPECT_TRUE(requests.back().at("payload_cut").as_bool());
    EXPECT_EQ(number(run.at_pointer("/counts/unexpected")), 3'600) << "all of them, not only those shown";
}

TEST(live_history, the_summary_ends_the_events_and_is_in_the_document) {
    auto all = sample_history();
    all.add(live_update_of(second(1)));
    const auto run = sample_run::run();
    const auto event = all.finish(summary_json(run, sample_run::missed_budget(), sample_run::labels()));
    EXPECT_THAT(*event, StartsWith("id: 2\nevent: finished\n"));
    EXPECT_EQ(data_of(event).at_pointer("/summary/schema").as_string(), "loadsim.summary/2");
    const auto run_data = document_of(all).at_pointer("/runs/0");
    for (const auto* name : {"summary", "anomalies", "counts"})
        EXPECT_EQ(run_data.at(name), data_of(event).at(name)) << "a page needs no document at the end";
}

TEST(live_history, ids_go_on_after_those_of_an_earlier_run) {
    live_history again(header(), sample_run::labels(), 41);
    EXPECT_EQ(again.events_after(40).front(), live_history::reload_event());
    again.add(live_update_of(second(1)));
    EXPECT_EQ(again.last_id(), 42U);
}
