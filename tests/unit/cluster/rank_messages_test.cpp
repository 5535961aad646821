// Round trips of rank messages, and rejection of invalid ones.
#include "samples.hpp"

#include <loadsim/base/random.hpp>
#include <loadsim/cluster/rank_messages.hpp>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace json = boost::json;
using namespace loadsim;
using namespace loadsim::cluster;
using testing::EndsWith;
using testing::HasSubstr;

namespace {

message round_trip(const message& m) {
    const auto text = encode(m);
    EXPECT_EQ(text.find('\n'), std::string::npos) << "a letter is one line";
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
              R"({"order":{"what":"load","start_wall_us":1700000000000000}})");
    EXPECT_EQ(encode(join_request{"0.1.0", "name: x\n", "", -5}),
              R"({"hello":{"version":"0.1.0","scenario":"name: x\n","trouble":"","wall_us":-5}})");
    EXPECT_EQ(encode(run_settings{"reports/a", 3}), R"({"welcome":{"folder":"reports/a","shards":3}})");
}

TEST(rank_messages, round_trip_every_type) {
    for (const auto what :
         {control_command::kind::connect, control_command::kind::load, control_command::kind::stop_arrivals,
          control_command::kind::expire_open_requests, control_command::kind::stop, control_command::kind::leave}) {
        const control_command o{what, 5};
        EXPECT_EQ(std::get<control_command>(round_trip(o)), o);
    }
    const join_request h{"0.1.0", std::string("a\0b\xff", 4), "why", INT64_MIN};
    EXPECT_EQ(std::get<join_request>(round_trip(h)), h);
    const run_settings w{"/reports/ü", 3};
    EXPECT_EQ(std::get<run_settings>(round_trip(w)), w);
}

TEST(rank_messages, round_trip_every_field_of_a_status_report) {
    const auto full = samples::sample_report(100);
    samples::expect_same(std::get<status_report>(round_trip(full)), full);
    samples::expect_same(std::get<status_report>(round_trip(status_report{})), status_report{});
}

TEST(rank_messages, keep_negative_and_overflowing_samples) {
    status_report r;
    r.snapshot.counts.latencies.record(measure::hop::lag, 0, 0, nanoseconds{-1});
    r.snapshot.counts.latencies.record(measure::hop::lag, 0, 0, std::chrono::hours{2});
    const auto read = std::get<status_report>(round_trip(r)).snapshot.counts.latencies.select(measure::hop::lag);
    EXPECT_EQ(read.negative(), 1U);
    EXPECT_EQ(read.overflow(), 1U);
    EXPECT_EQ(read.count(), 2U);
}

TEST(rank_messages, keep_every_bit_of_a_double) {
    for (std::uint64_t i = 0; i < 4'000; ++i) {
        status_report r;
        // Alternately realistic instants and arbitrary bits.
        r.snapshot.cpu_s = i % 2 == 0 ? static_cast<double>(random_bits(1, stream_id::behaviour, 1, i) >> 20) / 1e6
                                      : std::bit_cast<double>(random_bits(1, stream_id::behaviour, 2, i));
        const auto read = std::get<status_report>(*decode(encode(r))).snapshot.cpu_s;
        if (std::isnan(r.snapshot.cpu_s))
            ASSERT_TRUE(std::isnan(read));
        else
            ASSERT_EQ(std::bit_cast<std::uint64_t>(read), std::bit_cast<std::uint64_t>(r.snapshot.cpu_s))
                << r.snapshot.cpu_s;
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
        {"[1]", "not an object"},
        {"{}", "one member"},
        {R"({"order":{},"hello":{}})", "one member"},
        {R"({"farewell":{}})", "'farewell' is no kind of letter"},
        {R"({"order":7})", "order: is not an object"},
        {R"({"order":{"what":"load"}})", "order: lacks 'start_wall_us'"},
        {R"({"order":{"what":"dance","start_wall_us":0}})", "order.what: is not one of the names"},
        {R"({"order":{"what":1,"start_wall_us":0}})", "order.what: is not one of the names"},
        {R"({"order":{"what":"load","start_wall_us":1.5}})", "order.start_wall_us: is not a whole number"},
        {R"({"order":{"what":"load","start_wall_us":9223372036854775808}})", "order.start_wall_us: is not a whole"},
        {R"({"order":{"what":"load","start_wall_us":0,"soon":true}})", "order: has 'soon', which nothing is known of"},
        {R"({"welcome":{"folder":null,"shards":1}})", "welcome.folder: is not a string"},
        {R"({"welcome":{"folder":"x","shards":4294967296}})", "welcome.shards: is not a whole number from 0 to 2^32-1"},
        {R"({"welcome":{"folder":"x","shards":-1}})", "welcome.shards: is not a whole number from 0 to 2^32-1"},
    };
    for (const auto& r : rows) EXPECT_THAT(decode_error(r.text), HasSubstr(r.said)) << r.text;
}

TEST(rank_messages, reject_invalid_fields_with_their_path) {
    struct row {
        std::string_view where; ///< a JSON pointer into a report
        std::string_view becomes;
        std::string_view said;
    };
    const row rows[] = {
        {"/report/interrupted", "1", "report.interrupted: is not true or false"},
        {"/report/seen/cpu_s", "1.5", "report.seen.cpu_s: is neither a number in a string nor null"},
        {"/report/seen/cpu_s", R"("1.5s")", "report.seen.cpu_s: is neither"},
        {"/report/seen/cpu_s", R"("")", "report.seen.cpu_s: is neither"},
        {"/report/seen/cpu_s", R"("1e999")", "report.seen.cpu_s: is neither"},
        {"/report/seen/in_flight", "-1", "report.seen.in_flight: is not a whole number from 0 to 2^64-1"},
        {"/report/seen/in_flight", "18446744073709551616", "report.seen.in_flight: is not a whole number"},
        {"/report/seen/seen/requests/outcomes", R"({"exploded":1})",
         "report.seen.seen.requests.outcomes.exploded: is not a name"},
        {"/report/seen/seen/requests/outcomes", "[1,2]", "report.seen.seen.requests.outcomes: is not an object"},
        {"/report/seen/seen/anomalies", R"({"9":1})", "report.seen.seen.anomalies.9: is not a name"},
        {"/report/seen/seen/phases", "{}", "report.seen.seen.phases: is not a list"},
        {"/report/seen/seen/phases", "[0]", "report.seen.seen.phases[0]: is not an object"},
        {"/report/seen/seen/errors", R"({"why":"x"})", "report.seen.seen.errors.why: is not a whole number"},
        {"/report/seen/seen/matrix", R"([{"segment":0,"service":0,"expected":["executed"],"observed":7,"count":1}])",
         "report.seen.seen.matrix[0].observed: is not one of the names"},
        {"/report/seen/seen/matrix",
         R"([{"segment":0,"service":0,"expected":["failed","well"],"observed":"failed","count":1}])",
         "report.seen.seen.matrix[0].expected[1]: is not one of the names"},
        {"/report/seen/seen/matrix", R"([{"segment":0,"service":0,"expected":3,"observed":"failed","count":1}])",
         "report.seen.seen.matrix[0].expected: is not a list"},
        {"/report/seen/seen/provoked", R"({"misfortune":1})", "report.seen.seen.provoked.misfortune: is not a name"},
        {"/report/seen/seen/anomalies_told",
         R"([{"what":"misfortune","provoked":false,"at_ms":"0","vin":"","request":"","evidence":""}])",
         "report.seen.seen.anomalies_told[0].what: is not one of the names"},
        {"/report/seen/seen/sessions_told", R"([{"at_ms":0,"vin":"","what":""}])",
         "report.seen.seen.sessions_told[0].at_ms: is neither a number in a string nor null"},
        {"/report/seen/seen/recoveries", R"([{"condition":0,"counts":{}}])",
         "report.seen.seen.recoveries[0]: lacks 'occurrence'"},
        {"/report/seen/seen/recoveries", R"([{"condition":0,"occurrence":-1,"counts":{}}])",
         "report.seen.seen.recoveries[0].occurrence: is not a whole number from 0 to 2^32-1"},
        {"/report/seen/seen/latencies",
         R"([{"hop":"leap","service":0,"phase":0,"samples":{"v2":"","negative":0,"overflow":0}}])",
         "report.seen.seen.latencies[0].hop: is not one of the names"},
        {"/report/seen/seen/latencies",
         R"([{"hop":"lag","service":0,"phase":0,"samples":{"v2":"AAAA","negative":0,"overflow":0}}])",
         "report.seen.seen.latencies[0].samples: the text is too short"},
        {"/report/seen/seen/sessions/connect/negative", "1",
         "report.seen.seen.sessions.connect: has more negative or overflowing samples than samples"},
        {"/report/seen/seen/sessions/connect/v2", "7", "report.seen.seen.sessions.connect.v2: is not a string"},
    };
    for (const auto& r : rows)
        EXPECT_THAT(report_error([&](json::value& encoded) {
                        encoded.at_pointer({r.where.data(), r.where.size()}) =
                            json::parse({r.becomes.data(), r.becomes.size()});
                    }),
                    HasSubstr(r.said))
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
    auto& cells = encoded.at_pointer("/report/seen/seen/latencies").as_array();
    const auto one = cells.front();
    for (std::uint32_t phase = 1; phase < 2000; ++phase) {
        cells.push_back(one);
        cells.back().as_object()["phase"] = phase;
    }
    EXPECT_THAT(decode_error(json::serialize(encoded)),
                HasSubstr("samples: the letter's histograms take more than 256 MiB"));
}
