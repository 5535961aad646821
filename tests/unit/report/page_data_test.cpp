// Data of the page of a run: from whole, killed, damaged and foreign folders.
#include "page_latencies.hpp"
#include "page_timeline.hpp"
#include "sample_run.hpp"
#include "temporary_folder.hpp"

#include <loadsim/report/page.hpp>
#include <loadsim/report/report_folder.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using measure::hop;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

/// Request number `n`: due at that second, and as many ms long.
measure::request_record request_of(std::uint64_t n, double latency_ms) {
    auto r = sample_run::request();
    r.arrival = n;
    r.request_id = "r-" + std::to_string(n);
    r.vin = "VIN" + std::to_string(n);
    r.outcome = outcome::executed;
    r.unexpected = false;
    r.anomalies = {};
    r.due_at_ms = static_cast<double>(n) * 1e3;
    r.observed_at_ms = r.due_at_ms + latency_ms;
    return r;
}

class page_data_test : public sample_run::temporary_folder {
protected:
    /// A folder with what a run of `seconds` writes.
    fs::path write_run(const char* name, int seconds = 3, bool ends = true) const {
        const auto run = sample_run::run();
        const auto made = folder / name;
        fs::create_directory(made);
        report_writer writer(made, sample_run::header(), sample_run::labels());
        auto p = sample_run::under_load(run.sum);
        p.elapsed = 4s;
        p.load_elapsed = 0s;
        p.current_stage = measure::stage::connecting;
        writer.write(p);
        p.current_stage = measure::stage::load;
        for (int second = 0; second < seconds; ++second) {
            p.elapsed += 1s;
            p.load_elapsed += 1s;
            p.phase = second < 2 ? 0 : 1;
            p.interval.latencies = {};
            for (int i = 1; i <= 10; ++i)
                p.interval.latencies.record(hop::e2e, 0, p.phase, milliseconds_of(second * 10 + i));
            writer.write(p);
        }
        if (ends) writer.finish(run, sample_run::missed_budget());
        std::ofstream(made / scenario_file_name) << "name: quickstart\n";
        return made;
    }
    static nanoseconds milliseconds_of(int ms) { return std::chrono::milliseconds(ms); }

    static json::object data(const std::vector<fs::path>& folders, const page_options& options = {}) {
        const auto text = page_data(folders, options);
        EXPECT_TRUE(text) << (text ? "" : to_string(text.error()));
        return text ? json::parse(*text).as_object() : json::object{};
    }
    static json::object run_of(const fs::path& folder, const page_options& options = {}) {
        return data({folder}, options).at("runs").at(0).as_object();
    }
    static std::vector<std::string> warnings_of(const json::object& run) {
        return json::value_to<std::vector<std::string>>(run.at("warnings"));
    }
    static std::vector<double> column(const json::object& run, const char* name) {
        std::vector<double> values;
        for (const auto& value : run.at("timeline").at(name).as_array())
            values.push_back(value.is_null() ? -1 : value.to_number<double>());
        return values;
    }
    void append(const fs::path& file, std::string_view text) const {
        std::ofstream(file, std::ios::app | std::ios::binary) << text;
    }
};

} // namespace

TEST_F(page_data_test, has_the_figures_of_the_files) {
    const auto path = write_run("run");
    const auto document = data({path}, {.version = "1.2.3"});
    EXPECT_EQ(document.at("schema"), "loadsim.page/1");
    EXPECT_EQ(document.at("version"), "1.2.3");
    EXPECT_EQ(document.at("live"), false);
    EXPECT_TRUE(document.at("baseline").is_null());
    const auto run = document.at("runs").at(0).as_object();
    EXPECT_THAT(warnings_of(run), IsEmpty());
    EXPECT_EQ(run.at("folder"), "run");
    std::ifstream in(path / "summary.json");
    const auto summary = json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
    EXPECT_EQ(run.at("summary"), summary);
    EXPECT_EQ(run.at("run").at("seed"), 42);
    EXPECT_EQ(run.at("scenario_yaml"), "name: quickstart\n");
    EXPECT_THAT(json::value_to<std::vector<std::string>>(run.at("files")),
                testing::IsSupersetOf({"summary.json", "timeline.csv", "scenario.yaml"}));
    EXPECT_EQ(run.at("files_at"), "");
    EXPECT_EQ(run_of(path, {.folder = path}).at("files_at"), "");
    EXPECT_EQ(run_of(path, {.folder = path / "pages" / "old"}).at("files_at"), "../..");
    EXPECT_EQ(run_of(path, {.folder = path.parent_path()}).at("files_at"), "run");
    const auto& histograms = run.at("histograms").as_array();
    const auto e2e = std::ranges::find_if(
        histograms, [](const json::value& h) { return h.at("metric") == "e2e" && h.at("labels").as_object().empty(); });
    ASSERT_NE(e2e, histograms.end());
    for (const auto* name : {"samples", "mean_ms", "p50_ms", "p90_ms", "p99_ms", "max_ms"})
        EXPECT_EQ(e2e->at(name), summary.at("latency").at("e2e").at(name)) << name;
    std::uint64_t counted = 0;
    for (const auto& count : e2e->at("counts").as_array()) counted += count.to_number<std::uint64_t>();
    EXPECT_EQ(counted, 50U);
}

TEST_F(page_data_test, has_the_timeline_from_the_start_of_the_load) {
    const auto run = run_of(write_run("run"));
    EXPECT_EQ(run.at("interval_s"), 1);
    EXPECT_THAT(column(run, "end_s"), ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(json::value_to<std::vector<std::string>>(run.at("timeline").at("stage")),
                ElementsAre("connecting", "load", "load", "load"));
    EXPECT_THAT(column(run, "sent_rate"), ElementsAre(198, 198, 198, 198));
    EXPECT_THAT(column(run, "executed"), ElementsAre(190, 190, 190, 190));
    EXPECT_THAT(column(run, "e2e_samples"), ElementsAre(100, 10, 10, 10));
    EXPECT_THAT(column(run, "e2e_max"), ElementsAre(380.159, 10.007, 20.015, 30.015));
    EXPECT_EQ(run.at("timeline").at("phase").at(1), "ramp");
    const auto lengths = run.at("timeline").as_object();
    for (const auto& [name, values] : lengths) EXPECT_THAT(values.as_array(), SizeIs(4)) << name;
    EXPECT_EQ(run.at("bands"), json::parse(R"([{"kind":"condition","name":"tunnel","from_s":-1,"to_s":3},
                                               {"kind":"phase","name":"ramp","from_s":0,"to_s":2},
                                               {"kind":"phase","name":"steady","from_s":2,"to_s":3}])"));
}

TEST_F(page_data_test, combines_lines_with_the_percentiles_of_all_their_samples) {
    const auto path = write_run("run", 6);
    std::vector<std::string> warnings;
    const auto run = page_timeline(path, 3, {}, true, warnings);
    EXPECT_THAT(warnings, IsEmpty());
    EXPECT_EQ(run.at("interval_s"), 3.0);
    EXPECT_THAT(column(run, "end_s"), ElementsAre(0, 3, 6)) << "a row ends where the load starts";
    EXPECT_THAT(column(run, "executed"), ElementsAre(190, 570, 570));
    EXPECT_THAT(column(run, "e2e_samples"), ElementsAre(100, 30, 30));
    measure::histogram first;
    for (int i = 1; i <= 30; ++i) first.record(milliseconds_of(i));
    EXPECT_EQ(column(run, "e2e_p90")[1], static_cast<double>(first.percentile(90).count()) / 1e6);
    EXPECT_EQ(column(run, "e2e_p50")[1], static_cast<double>(first.percentile(50).count()) / 1e6);
    EXPECT_EQ(column(run, "online")[1], 2000) << "that of the last line, not a sum";
    EXPECT_EQ(column(run, "sent_rate")[1], 198);
}

TEST_F(page_data_test, has_no_more_rows_than_it_may) {
    const auto run = run_of(write_run("run", 1'301));
    EXPECT_EQ(run.at("interval_s"), 2);
    EXPECT_LE(column(run, "end_s").size(), 1'201U);
    const auto& heat_map = run.at("heat_map");
    EXPECT_LE(heat_map.at("end_s").as_array().size(), 240U);
    EXPECT_EQ(heat_map.at("counts").as_array().size(), heat_map.at("end_s").as_array().size());
    const auto buckets = heat_map.at("edges_ms").as_array().size() - 1;
    std::uint64_t counted = 0;
    for (const auto& row : heat_map.at("counts").as_array()) {
        EXPECT_EQ(row.as_array().size(), buckets);
        for (const auto& count : row.as_array()) counted += count.to_number<std::uint64_t>();
    }
    EXPECT_EQ(counted, 13'010U) << "each sample of the load once";
}

TEST_F(page_data_test, has_bands_of_spikes_and_conditions) {
    const auto line = [](int second, const char* phase, const char* conditions) {
        return "{\"elapsed_ms\":" + std::to_string(second * 1000) +
               ",\"interval_ms\":1000,\"stage\":\"load\",\"phase\":\"" + phase +
               "\",\"load_elapsed_ms\":" + std::to_string(second * 1000) + ",\"conditions\":[" + conditions + "]}\n";
    };
    write("timeline.jsonl", line(1, "steady", "") + line(2, "steady (rush 2)", "\"rush\",\"tunnel\"") +
                                line(3, "steady", "\"tunnel\"") + line(4, "night (late)", "") +
                                line(5, "night (late)", "\"tunnel\""));
    std::vector<std::string> warnings;
    const auto run = page_timeline(folder, 100,
                                   spikes_in("conditions:\n  - spike:\n      name: rush\n      at: 1s\n"
                                             "  - tunnel:\n      name: tunnel\n"),
                                   false, warnings);
    EXPECT_EQ(run.at("bands"), json::parse(R"json([{"kind":"phase","name":"steady","from_s":0,"to_s":3},
                                               {"kind":"condition","name":"tunnel","from_s":1,"to_s":3},
                                               {"kind":"spike","name":"rush 2","from_s":1,"to_s":2},
                                               {"kind":"phase","name":"night (late)","from_s":3,"to_s":5
},
                                               {"kind":"condition","name":"tunnel","from_s":4,"to_s":5}])json"))
        << json::serialize(run.at("bands"));
}

TEST_F(page_data_test, has_curves_as_far_as_samples_carry_them) {
    const auto run = run_of(write_run("run"));
    const auto& curve = run.at("percentile_curves").at(0);
    EXPECT_EQ(curve.at("metric"), "e2e");
    const auto& points = curve.at("points").as_array();
    EXPECT_EQ(points.front().at(0), 0);
    const auto last = points.back().at(0).to_number<double>();
    EXPECT_GT(last, 0.8);
    EXPECT_LT(last, 0.99) << "50 samples carry no p99";
}

TEST_F(page_data_test, logarithmic_buckets_hold_their_samples) {
    measure::histogram samples;
    for (const auto sample : {0ns, 1'000ns, 999'000ns, 1'000'000ns, 10'000'000ns}) samples.record(sample);
    const auto counts = logarithmic_counts(samples, 20);
    ASSERT_EQ(counts.size(), 81U);
    EXPECT_EQ(counts[0], 2U) << "0 and 1 us";
    EXPECT_EQ(counts[59], 1U) << "just below 1 ms";
    EXPECT_EQ(counts[60], 1U) << "1 ms";
    EXPECT_EQ(counts[80], 1U) << "10 ms";
    EXPECT_EQ(bucket_edge_ms(60, 20), 1);
    EXPECT_EQ(bucket_edge_ms(0, 20), 0.001);
}

TEST_F(page_data_test, selects_the_slowest_the_unexpected_and_the_anomalous) {
    const auto path = write_run("run");
    std::string lines;
    for (std::uint64_t n = 0; n < 1'000; ++n) {
        auto r = request_of(n, n == 500 ? 9'000 : static_cast<double>(n % 100));
        if (n == 3) r.unexpected = true;
        if (n == 4) r.anomalies = {"command_duplicated"};
        if (n == 5) { // as expected: no sample of e2e
            r.outcome = outcome::timed_out;
            r.observed_at_ms = r.due_at_ms + 60'000;
        }
        lines += request_line(r, sample_run::load_started());
    }
    append(path / "requests.jsonl", lines);
    append(path / "anomalies.jsonl", anomaly_line({.kind = loadsim::anomaly::command_late,
                                                   .at_ms = 1,
                                                   .vin = "VIN7",
                                                   .request_id = "r-7", // found after the request's line was written
                                                   .evidence = "late"}));
    append(path / "sessions.jsonl", session_line({.at_ms = -90'000, .vin = "VIN3", .event = "older"}) +
                                        session_line({.at_ms = -80'000, .vin = "VIN3", .event = "online"}) +
                                        session_line({.at_ms = 3'001, .vin = "VIN3", .event = "offline"}) +
                                        session_line({.at_ms = 90'000, .vin = "VIN3", .event = "much later"}) +
                                        session_line({.at_ms = 3'001, .vin = "VIN6", .event = "of no request"}));
    const auto run = run_of(path);
    const auto& requests = run.at("requests").as_array();
    const auto why = [&](std::uint64_t arrival) {
        const auto found =
            std::ranges::find_if(requests, [&](const json::value& r) { return r.at("arrival") == arrival; });
        return found == requests.end() ? std::string("none") : json::serialize(found->at("why"));
    };
    EXPECT_EQ(why(500), R"(["slowest"])");
    EXPECT_EQ(why(3), R"(["unexpected"])");
    EXPECT_EQ(why(4), R"(["anomalous"])");
    EXPECT_EQ(why(7), R"(["anomalous"])");
    EXPECT_EQ(why(5), "none");
    EXPECT_EQ(why(99), R"(["slowest"])");
    EXPECT_EQ(why(50), "none");
    EXPECT_EQ(std::ranges::count_if(requests, [](const json::value& r) { return r.at("why").at(0) == "slowest"; }),
              200);
    EXPECT_EQ(run.at("counts"), json::parse(R"({"recorded":1000,"unexpected":1,"anomalous":2})"));
    EXPECT_THAT(run.at("anomalies").as_array(), SizeIs(1));
    const auto& events = run.at("session_events").as_array();
    ASSERT_THAT(events, SizeIs(2)) << "the last one before the request's window, and those inside";
    EXPECT_EQ(events[0].at("event"), "online");
    EXPECT_EQ(events[1].at("event"), "offline");
    const auto& one = requests.front().as_object();
    EXPECT_TRUE(one.contains("due_at"));
    EXPECT_FALSE(one.contains("sent_at"));
    EXPECT_FALSE(one.at("messages").at(0).as_object().contains("at"));
    EXPECT_TRUE(one.at("hops_ms").as_object().contains("e2e"));
}

TEST_F(page_data_test, looks_at_so_many_bytes_of_requests_as_it_may) {
    const auto path = write_run("run");
    for (std::uint64_t n = 0; n < 10; ++n) append(path / "requests.jsonl", request_line(request_of(n, 5)));
    const auto size = fs::file_size(path / "requests.jsonl");
    const auto run = run_of(path, {.requests_bytes_max = size / 2});
    EXPECT_THAT(run.at("requests").as_array(), SizeIs(5));
    EXPECT_THAT(warnings_of(run), ElementsAre(HasSubstr("nothing of its last 5 of 10 requests")));
}

TEST_F(page_data_test, is_small_whatever_requests_hold) {
    const auto path = write_run("run");
    std::string lines;
    for (std::uint64_t n = 0; n < 600; ++n) {
        auto r = request_of(n, 5);
        r.unexpected = n % 2 == 0;
        r.anomalies = {"command_lost"};
        for (int i = 0; i < 20; ++i)
            r.messages.push_back({.head = "t", .payload = std::string(1'000, '<'), .payload_bytes = 1'000});
        lines += request_line(r);
    }
    append(path / "requests.jsonl", lines);
    const auto text = page_data({path}, {});
    ASSERT_TRUE(text);
    EXPECT_LT(text->size(), 1'600'000U);
    const auto run = json::parse(*text).at("runs").at(0).as_object();
    EXPECT_THAT(run.at("requests").as_array(), testing::Not(IsEmpty()));
    EXPECT_EQ(run.at("requests").at(0).at("payload_cut"), true);
    EXPECT_LE(run.at("requests").at(0).at("messages").at(5).at("payload").as_string().size(), 200U);
    EXPECT_THAT(warnings_of(run), Contains(HasSubstr("the requests of this run are large")));
}

TEST_F(page_data_test, shows_what_a_killed_run_has) {
    const auto path = write_run("run", 3, false);
    append(path / "timeline.jsonl", R"({"elapsed_ms":8000,"int)");
    const auto run = run_of(path);
    EXPECT_TRUE(run.at("summary").is_null());
    EXPECT_THAT(column(run, "end_s"), SizeIs(4));
    EXPECT_THAT(run.at("histograms").as_array(), testing::Not(IsEmpty())) << "of latency.hlog";
    EXPECT_FALSE(run.at("heat_map").is_null());
    EXPECT_THAT(warnings_of(run),
                ElementsAre("summary.json is missing: the run was killed, or is still running",
                            "timeline.jsonl: the last line is incomplete: the run was killed, or is still running"));
}

TEST_F(page_data_test, says_that_ranks_were_lost) {
    const auto path = write_run("run", 3, false);
    fs::create_directory(path / "rank-0003");
    std::ofstream(path / "rank-0003" / "snapshots.jsonl") << "{}\n";
    EXPECT_THAT(warnings_of(run_of(path)), Contains(HasSubstr("rank-0003/snapshots.jsonl has their own counts")));
}

TEST_F(page_data_test, shows_what_it_can_read_of_another_version) {
    const auto path = write_run("run");
    std::ofstream(path / "run.json") << R"({"schema":"loadsim.run/9","version":"9.0.0","new":[1]})";
    const auto run = run_of(path);
    EXPECT_EQ(run.at("run").at("version"), "9.0.0");
    EXPECT_THAT(warnings_of(run), ElementsAre(HasSubstr("run.json has the format 'loadsim.run/9'")));
}

TEST_F(page_data_test, survives_foreign_and_damaged_files) {
    const auto path = write_run("run");
    for (const auto* name : {"run.json", "summary.json", "timeline.jsonl", "requests.jsonl", "anomalies.jsonl",
                             "sessions.jsonl", "latency.hlog", "histograms.jsonl", "scenario.yaml"})
        std::ofstream(path / name, std::ios::binary)
            << "\xff\xfe{[\"</script>\n1\n{}\n{\"schema\":1,\"elapsed_ms\":\"x\"}\n";
    const auto run = run_of(path);
    EXPECT_TRUE(run.at("run").is_null());
    EXPECT_TRUE(run.at("summary").is_null());
    EXPECT_THAT(run.at("requests").as_array(), SizeIs(testing::Le(3U)));
    EXPECT_THAT(warnings_of(run), SizeIs(testing::Ge(5U)));
    const auto no_run = page_data({folder / "none"}, {});
    ASSERT_FALSE(no_run);
    EXPECT_THAT(to_string(no_run.error()), HasSubstr("is no folder"));
}

TEST_F(page_data_test, has_the_verdict_of_a_summary_that_is_too_large) {
    const auto path = write_run("run");
    json::object labels;
    for (int i = 0; i < 20'000; ++i) labels["label " + std::to_string(i)] = "a value of some length";
    auto summary = json::parse(text("run/summary.json")).as_object();
    summary["labels"] = std::move(labels);
    std::ofstream(path / "summary.json") << json::serialize(summary);
    const auto run = run_of(path);
    EXPECT_EQ(run.at("summary").at("verdict"), "fail");
    EXPECT_FALSE(run.at("summary").as_object().contains("labels"));
    EXPECT_THAT(warnings_of(run), testing::Contains(HasSubstr("leaves out: labels")));
}

TEST_F(page_data_test, skips_times_that_no_run_has) {
    const auto path = write_run("run");
    append(path / "timeline.jsonl", "{\"elapsed_ms\":1e300,\"interval_ms\":1000,\"stage\":\"load\"}\n");
    const auto run = run_of(path);
    EXPECT_THAT(column(run, "end_s"), testing::Each(testing::Lt(100)));
    EXPECT_THAT(warnings_of(run), testing::Contains(HasSubstr("`elapsed_ms` is no time of a run")));
}

TEST_F(page_data_test, lays_runs_over_each_other) {
    const auto first = write_run("first");
    const auto second = write_run("second");
    append(second / "requests.jsonl", request_line(request_of(1, 5)));
    const auto document = data({first, second});
    ASSERT_THAT(document.at("runs").as_array(), SizeIs(2));
    const auto& other = document.at("runs").at(1).as_object();
    EXPECT_EQ(other.at("folder"), "second");
    EXPECT_THAT(column(other, "end_s"), SizeIs(4));
    EXPECT_TRUE(other.at("requests").is_null()) << "the page shows the requests of its first run";
    EXPECT_TRUE(other.at("heat_map").is_null());
    EXPECT_THAT(other.at("percentile_curves").as_array(), testing::Not(IsEmpty()));
}

TEST_F(page_data_test, has_the_baseline) {
    const auto path = write_run("run");
    const auto baseline = page_baseline("main.json", sample_run::run().sum, R"({"verdict":"better"})");
    const auto document = data({path}, {.baseline = baseline});
    EXPECT_EQ(document.at("baseline").at("name"), "main.json");
    EXPECT_EQ(document.at("baseline").at("comparison").at("verdict"), "better");
    EXPECT_EQ(document.at("baseline").at("percentiles").at("e2e").at("p50_ms"),
              document.at("runs").at(0).at("summary").at("latency").at("e2e").at("p50_ms"));
    EXPECT_TRUE(json::parse(page_baseline("x", {}, "")).at("comparison").is_null());
}
