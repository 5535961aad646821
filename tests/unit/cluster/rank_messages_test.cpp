// Round trips of rank messages, and rejection of invalid ones.
#include "samples.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/cluster/rank_messages.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::cluster;
using testing::EndsWith;
using testing::HasSubstr;

namespace {

message round_trip(const message& m) {
    const auto text = encode(m);
    EXPECT_EQ(text.find('\n'), std::string::npos) << "a message is one line";
    auto read = decode(text);
    EXPECT_TRUE(read.has_value()) << to_string(read.error()) << '\n' << text;
    return read ? *read : message{};
}

/// Error of decode(), or "taken".
std::string decode_error(std::string_view text) {
    const auto read = decode(text);
    return read ? "taken" : to_string(read.error());
}

/// Error of decode() for a status report whose JSON was changed.
template <class Change>
std::string report_error(Change change) {
    auto encoded = json::parse(encode(status_report{}));
    change(encoded);
    return decode_error(json::serialize(encoded));
}

} // namespace

TEST(rank_messages, encode_to_readable_json) {
    EXPECT_EQ(encode(control_command{control_command::kind::load, 1'700'000'000'000'000}),
              R"({"control_command":{"what":"load","start_wall_us":1700000000000000}})");
    EXPECT_EQ(encode(join_request{"0.1.0", "name: x\n", "", -5}),
              R"({"join_request":{"version":"0.1.0","scenario":"name: x\n","error":"","wall_us":-5}})");
    EXPECT_EQ(encode(run_settings{"reports/a", 3, 5}),
              R"({"run_settings":{"folder":"reports/a","shards":3,"trace_run":5}})");
    EXPECT_EQ(encode(busy_report{.failed_hook = "a"}), R"({"busy_report":{"failed_hook":"a"}})");
}

// The fuzzer changes these files: one that is out of date would be refused at its first unknown name.
TEST(rank_messages, of_the_fuzzers_corpus_are_current) {
    const auto text = [](const std::string& name) {
        std::ifstream in(LOADSIM_TEST_DATA "/../fuzz/corpus/rank_messages/" + name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    for (const auto* name :
         {"busy_report", "control_command", "join_request", "run_settings", "status_report", "status_report_empty"})
        EXPECT_EQ(decode_error(text(name)), "taken") << name;
    EXPECT_TRUE(text("status_report").starts_with(text("truncated")));
}

TEST(rank_messages, round_trip_every_type) {
    for (const auto what :
         {control_command::kind::connect, control_command::kind::load, control_command::kind::stop_arrivals,
          control_command::kind::expire_open_requests, control_command::kind::flush_records,
          control_command::kind::stop, control_command::kind::leave}) {
        const control_command o{what, 5};
        EXPECT_EQ(std::get<control_command>(round_trip(o)), o);
    }
    const join_request h{"0.1.0", std::string("a\0b\xff", 4), "why", INT64_MIN};
    EXPECT_EQ(std::get<join_request>(round_trip(h)), h);
    const run_settings w{"/reports/ü", 3, UINT64_MAX};
    EXPECT_EQ(std::get<run_settings>(round_trip(w)), w);
    EXPECT_TRUE(std::holds_alternative<busy_report>(round_trip(busy_report{.failed_hook = "a"})));
}

TEST(rank_messages, round_trip_every_field_of_a_status_report) {
    const auto full = samples::sample_report(100);
    samples::expect_same(std::get<status_report>(round_trip(full)), full);
    samples::expect_same(std::get<status_report>(round_trip(status_report{})), status_report{});
}

TEST(rank_messages, keep_negative_and_overflowing_samples) {
    status_report r;
    r.snapshot.counts.latencies.record(measure::hop::lag, 0, 0, nanoseconds{-1});
    r.snapshot.counts.latencies.record(measure::hop::lag, 0, 0, std::chrono::hours{24 * 400});
    const auto read = std::get<status_report>(round_trip(r)).snapshot.counts.latencies.select(measure::hop::lag);
    EXPECT_EQ(read.negative(), 1U);
    EXPECT_EQ(read.overflow(), 1U);
    EXPECT_EQ(read.count(), 2U);
}

TEST(rank_messages, keep_every_bit_of_a_double) {
    status_report report;
    auto& records = report.snapshot.counts.session_records;
    for (std::uint64_t i = 0; i < 4'000; ++i) {
        // Alternately realistic instants and arbitrary bits.
        const auto bits = random_bits(1, stream_id::behaviour, 1 + i % 2, i);
        records.push_back({.at_ms = i % 2 == 0 ? static_cast<double>(bits >> 20) / 1e6 : std::bit_cast<double>(bits),
                           .vin = "",
                           .event = ""});
    }
    const auto read = std::get<status_report>(round_trip(report)).snapshot.counts.session_records;
    ASSERT_EQ(read.size(), records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (std::isnan(records[i].at_ms))
            ASSERT_TRUE(std::isnan(read[i].at_ms));
        else
            ASSERT_EQ(std::bit_cast<std::uint64_t>(read[i].at_ms), std::bit_cast<std::uint64_t>(records[i].at_ms))
                << records[i].at_ms;
    }
}

TEST(rank_messages, merge_after_a_round_trip_as_before) {
    auto near = samples::sample_report(100).snapshot;
    near.add(samples::sample_report(7).snapshot);
    auto far = std::get<status_report>(round_trip(samples::sample_report(100))).snapshot;
    far.add(std::get<status_report>(round_trip(samples::sample_report(7))).snapshot);
    samples::expect_same(near.counts, far.counts);
    EXPECT_EQ(near.cpu_s, far.cpu_s);
}

TEST(rank_messages, reject_invalid_text) {
    struct row {
        std::string_view text;
        std::string_view said;
    };
    const row rows[] = {
        {"", "not valid JSON"},
        {"{", "not valid JSON"},
        {"\xff\xfe", "not valid JSON"},
        {"[1]", "an object with one member"},
        {"{}", "an object with one member"},
        {R"({"control_command":{},"join_request":{}})", "an object with one member"},
        {R"({"farewell":{}})", "'farewell' is no type of message"},
        {R"({"control_command":7})", "control_command: is not an object"},
        {R"({"control_command":{"what":"load"}})", "control_command: lacks 'start_wall_us'"},
        {R"({"control_command":{"what":"dance","start_wall_us":0}})",
         "control_command.what: is not one of the known names"},
        {R"({"control_command":{"what":1,"start_wall_us":0}})", "control_command.what: is not one of the known names"},
        {R"({"control_command":{"what":"load","start_wall_us":1.5}})", "start_wall_us: is not a whole number from -9"},
        {R"({"control_command":{"what":"load","start_wall_us":9223372036854775808}})",
         "start_wall_us: is not a whole number from -9223372036854775808 to 9223372036854775807"},
        {R"({"control_command":{"what":"load","start_wall_us":0,"soon":true}})",
         "control_command: has an unknown field"},
        {R"({"run_settings":{"folder":null,"shards":1}})", "run_settings.folder: is not a string"},
        {R"({"run_settings":{"folder":"x","shards":4294967296}})",
         "run_settings.shards: is not a whole number from 0 to 4294967295"},
        {R"({"run_settings":{"folder":"x","shards":-1}})", "run_settings.shards: is not a whole number from 0"},
        {R"({"run_settings":{"folder":"x","shards":"1"}})", "run_settings.shards: is not a whole number from 0"},
    };
    for (const auto& r : rows) EXPECT_THAT(decode_error(r.text), HasSubstr(r.said)) << r.text;
}

TEST(rank_messages, reject_invalid_fields_with_their_path) {
    struct row {
        std::string_view where; ///< a JSON pointer into a status report
        std::string_view becomes;
        std::string_view said;
    };
    const row rows[] = {
        {"/interrupted", "1", "interrupted: is not true or false"},
        {"/snapshot/cpu_s", "1.5", "snapshot.cpu_s: is neither a number in a string nor null"},
        {"/snapshot/cpu_s", R"("1.5s")", "snapshot.cpu_s: is neither"},
        {"/snapshot/cpu_s", R"("")", "snapshot.cpu_s: is neither"},
        {"/snapshot/cpu_s", R"("1e999")", "snapshot.cpu_s: is neither"},
        {"/snapshot/in_flight", "-1", "snapshot.in_flight: is not a whole number from 0 to 18446744073709551615"},
        {"/snapshot/in_flight", "18446744073709551616", "snapshot.in_flight: is not a whole number"},
        {"/snapshot/counts/requests/outcomes", R"({"executed":1})", "snapshot.counts.requests.outcomes: is not a list"},
        {"/snapshot/counts/requests/outcomes", "[1,2]", "snapshot.counts.requests.outcomes: is not a list of 7"},
        {"/snapshot/counts/anomalies/3", "-1", "snapshot.counts.anomalies[3]: is not a whole number"},
        {"/snapshot/counts/phases", "{}", "snapshot.counts.phases: is not a list"},
        {"/snapshot/counts/phases", "[0]", "snapshot.counts.phases[0]: is not an object"},
        {"/snapshot/counts/errors", R"([["why","x"]])", "snapshot.counts.errors[0][1]: is not a whole number"},
        {"/snapshot/counts/errors", R"([["why"]])", "snapshot.counts.errors[0]: is not a list of 2"},
        {"/snapshot/counts/errors", R"([["why",1],["why",1]])", "snapshot.counts.errors[1]: repeats a key"},
        {"/snapshot/counts/matrix", R"([[[0,0,1,7],1]])",
         "snapshot.counts.matrix[0][0][3]: is not one of the known names"},
        {"/snapshot/counts/matrix", R"([[[0,0,128,"failed"],1]])",
         "snapshot.counts.matrix[0][0][2]: is not a set of outcomes"},
        {"/snapshot/counts/matrix", R"([[[0,0,"executed","failed"],1]])",
         "snapshot.counts.matrix[0][0][2]: is not a whole number from 0 to 255"},
        {"/snapshot/counts/anomaly_records",
         R"([{"kind":"misfortune","expected":false,"at_ms":"0","vin":"","request":"","evidence":""}])",
         "snapshot.counts.anomaly_records[0].kind: is not one of the known names"},
        {"/snapshot/counts/session_records", R"([{"at_ms":0,"vin":"","event":""}])",
         "snapshot.counts.session_records[0].at_ms: is neither a number in a string nor null"},
        {"/snapshot/counts/recoveries", R"([[[0],{}]])", "snapshot.counts.recoveries[0][0]: is not a list of 2"},
        {"/snapshot/counts/recoveries", R"([[[0,-1],{}]])",
         "snapshot.counts.recoveries[0][0][1]: is not a whole number from 0 to 4294967295"},
        {"/snapshot/counts/latencies", R"([[{"section":"leap"},{"v2":"","negative":0,"overflow":0}]])",
         "snapshot.counts.latencies[0][0].section: is not one of the known names"},
        {"/snapshot/counts/latencies",
         R"([[{"section":"lag","group":{"service":0,"phase":0,"segment":-1,"condition":0}},{}]])",
         "snapshot.counts.latencies[0][0].group.segment: is not a whole number from 0 to 4294967295"},
        {"/snapshot/counts/latencies",
         R"([[{"section":"lag","group":{"service":0,"phase":0,"segment":0,"condition":0}},)"
         R"({"v2":"AAAA","negative":0,"overflow":0}]])",
         "snapshot.counts.latencies[0][1]: the text is too short"},
        {"/snapshot/counts/sessions/connect/negative", "1",
         "snapshot.counts.sessions.connect: has more negative or overflowing samples than samples"},
        {"/snapshot/counts/sessions/connect/v2", "7", "snapshot.counts.sessions.connect.v2: is not a string"},
    };
    for (const auto& r : rows)
        EXPECT_THAT(report_error([&](json::value& encoded) {
                        encoded.at_pointer("/status_report" + std::string(r.where)) =
                            json::parse({r.becomes.data(), r.becomes.size()});
                    }),
                    HasSubstr("status_report." + std::string(r.said)))
            << r.where << " = " << r.becomes;
}

TEST(rank_messages, reject_truncated_text) {
    const auto whole = encode(samples::sample_report(100));
    for (std::size_t length = 0; length < whole.size(); length += 7)
        EXPECT_NE(decode_error(std::string_view(whole).substr(0, length)), "taken") << length;
}

TEST(rank_messages, limit_decoded_histograms) {
    // Each histogram has one sample of an hour: 60 bytes of text, 188 kB of counts.
    status_report r;
    r.snapshot.counts.latencies.record(measure::hop::lag, 0, 0, std::chrono::hours{1});
    auto encoded = json::parse(encode(r));
    auto& cells = encoded.at_pointer("/status_report/snapshot/counts/latencies").as_array();
    const auto one = cells.front();
    for (std::uint32_t phase = 1; phase < 2000; ++phase) {
        cells.push_back(one);
        cells.back().at_pointer("/0/group/phase") = phase;
    }
    EXPECT_THAT(decode_error(json::serialize(encoded)), HasSubstr("the message's histograms take more than 256 MiB"));
}
