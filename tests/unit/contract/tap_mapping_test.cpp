#include <loadsim/contract/tap_mapping.hpp>

#include <loadsim/base/hash.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace loadsim;
using namespace loadsim::contract;
using testing::HasSubstr;

namespace {

const std::vector<tap_group> position_and_battery{{"position", "v1/+/tlm/position"}, {"battery", "v1/+/tlm/battery"}};
constexpr std::string_view vehicle_payload = R"({"vin":"CAR","seq":7})";

tapped_message read_record(const tap_mapping_options& options, const record_view& record,
                           const std::vector<tap_group>& groups = {{"position", {}}}) {
    auto mapping = tap_mapping::compile(options, groups, "taps[0]");
    EXPECT_TRUE(mapping) << to_string(mapping.error());
    return mapping ? mapping->read(record) : tapped_message{};
}

std::string_view record_header_of(std::string_view name) {
    return name == "vin" ? "CAR" : name == "seq" ? "7" : name == "topic" ? "v1/CAR/tlm/battery" : std::string_view{};
}

} // namespace

TEST(tap_mapping, reads_each_form_of_record) {
    const tapped_message expected{"CAR", "CAR", 7, 0, content_hash(vehicle_payload)};
    const std::string envelope =
        R"({"clientid":"CAR","topic":"v1/CAR/tlm/position","payload":"{\"vin\":\"CAR\",\"seq\":7}","qos":1})";
    struct {
        tap_mapping_options options;
        record_view record;
        const char* reason;
    } const rows[] = {
        {{.vehicle = "/vin"}, {.key = "CAR", .value = vehicle_payload}, "the default: the payload as it is"},
        {{.key = "key/id/vin", .vehicle = "/vin"},
         {.key = R"({"id":{"vin":"CAR"}})", .value = vehicle_payload},
         "a key in JSON"},
        {{.key = "/vin", .vehicle = "/vin"}, {.value = vehicle_payload}, "no key"},
        {{.key = "header:vin", .sequence = "header:seq", .vehicle = "/vin"},
         {.value = vehicle_payload, .header = record_header_of},
         "headers"},
        {{.key = "/clientid", .payload = "/payload", .vehicle = "/vin", .telemetry_group = "/topic"},
         {.key = "other", .value = envelope},
         "EMQX's envelope"},
    };
    for (const auto& r : rows)
        EXPECT_EQ(read_record(r.options, r.record, {{"position", "v1/+/tlm/position"}}), expected) << r.reason;
}

TEST(tap_mapping, what_a_record_lacks_is_empty) {
    const tap_mapping_options options{
        .key = "key/vin", .payload = "/payload", .vehicle = "/vin", .telemetry_group = "/topic"};
    for (const std::string_view value : {"", "no json", "[]", "{}", R"({"payload":null,"topic":null})"})
        EXPECT_EQ(read_record(options, {.key = "no json", .value = value}, position_and_battery), tapped_message{})
            << value;
    const auto found = read_record({}, {.key = "CAR", .value = "no json"});
    EXPECT_EQ(found.key_vehicle, "CAR");
    EXPECT_FALSE(found.sequence);
    EXPECT_EQ(found.payload_hash, content_hash("no json"));
}

TEST(tap_mapping, a_sequence_is_a_whole_number) {
    struct {
        std::string value;
        std::optional<std::uint64_t> sequence;
    } const rows[] = {
        {R"({"seq":0})", 0},
        {R"({"seq":"18"})", 18},
        {R"({"seq":18446744073709551615})", 18446744073709551615U},
        {R"({"seq":18446744073709551616})", {}},
        {R"({"seq":-1})", {}},
        {R"({"seq":1.5})", {}},
        {R"({"seq":[1]})", {}},
        {R"({"seq":"7 "})", {}},
    };
    for (const auto& r : rows)
        EXPECT_EQ(read_record({}, {.key = "CAR", .value = r.value}).sequence, r.sequence) << r.value;
}

TEST(tap_mapping, a_group_is_named_or_found_by_its_topic) {
    const auto group_with = [](const tap_mapping_options& options, const record_view& record) {
        return read_record(options, record, position_and_battery).group;
    };
    EXPECT_EQ(group_with({.telemetry_group = "/group"}, {.value = R"({"group":"battery"})"}), 1U);
    EXPECT_EQ(group_with({.telemetry_group = "/topic"}, {.value = R"({"topic":"v1/CAR/tlm/position"})"}), 0U);
    EXPECT_EQ(group_with({.telemetry_group = "/topic"}, {.value = R"({"topic":"v1/CAR/tlm/other"})"}), std::nullopt);
    EXPECT_EQ(group_with({.telemetry_group = "header:topic"}, {.header = record_header_of}), 1U);
    EXPECT_EQ(group_with({.telemetry_group = "topic[0]"}, {.topic = "battery"}), 1U);
}

TEST(tap_mapping, a_payload_as_an_object_is_compared_without_its_blanks) {
    const auto found =
        read_record({.payload = "/payload"}, {.key = "CAR", .value = R"({"payload": {"vin": "CAR", "seq": 7}})"});
    EXPECT_EQ(found.payload_hash, content_hash(vehicle_payload));
    EXPECT_EQ(found.sequence, 7U);
}

TEST(tap_mapping, wrong_options_have_a_place_and_a_remedy) {
    struct {
        tap_mapping_options options;
        std::vector<tap_group> groups;
        const char *location, *text;
    } const rows[] = {
        {{.key = "vin"}, {}, "taps[0].key", "did you mean the pointer '/vin'?"},
        {{.key = ""}, {}, "taps[0].key", "where does a record name its vehicle?"},
        {{.key = "key/a~2"}, {}, "taps[0].key", "~0"},
        {{.sequence = ""}, {}, "taps[0].sequence", "without a sequence"},
        {{.sequence = "correlation"}, {}, "taps[0].sequence", "no correlation data"},
        {{.payload = "payloads"}, {}, "taps[0].payload", "did you mean the pointer"},
        {{}, position_and_battery, "taps[0].telemetryGroup", "/topic or header:topic"},
    };
    for (const auto& r : rows) {
        const auto made = tap_mapping::compile(r.options, r.groups, "taps[0]");
        ASSERT_FALSE(made) << r.location;
        ASSERT_EQ(made.error().list.size(), 1U) << to_string(made.error());
        EXPECT_EQ(made.error().list[0].location, r.location);
        EXPECT_THAT(made.error().list[0].text, HasSubstr(r.text));
    }
    EXPECT_TRUE(tap_mapping::compile({.key = "", .vehicle = "/vin"}, {}, "taps[0]"));
}
