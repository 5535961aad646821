#include <loadsim/contract/tap_mapping.hpp>

#include <loadsim/base/encoding.hpp>
#include <loadsim/base/hash.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/mqtt/packet.hpp>

#include <charconv>

namespace loadsim::contract {
namespace {

constexpr std::string_view key_word = "key";

bool reads_value(const field_path& p) {
    return p.type() == field_path::kind::pointer || p.type() == field_path::kind::payload;
}

std::optional<std::uint64_t> sequence_number(std::string_view text) {
    std::uint64_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc{} && end == last ? std::optional(number) : std::nullopt;
}

} // namespace

result<tap_mapping> tap_mapping::compile(const tap_mapping_options& options, std::vector<tap_group> groups,
                                         const std::string& option) {
    tap_mapping made;
    problems wrong;
    const auto parse = [&](std::string_view text, const char* name, field_path& out) {
        auto parsed = field_path::parse(text);
        if (!parsed)
            wrong.add(option + name, parsed.error().list.front().text);
        else if (parsed->type() == field_path::kind::correlation)
            wrong.add(option + name, "a record has no correlation data; write a /pointer or header:NAME");
        else
            out = std::move(*parsed);
    };
    std::string_view key = options.key;
    if (key == key_word) {
        made.key_place_ = key_place::text;
    } else if (key.starts_with("key/")) {
        made.key_place_ = key_place::json;
        parse(key.substr(key_word.size()), ".key", made.key_);
    } else {
        made.key_place_ = key_place::value;
        parse(key, ".key", made.key_);
    }
    parse(options.payload, ".payload", made.payload_);
    parse(options.sequence, ".sequence", made.sequence_);
    parse(options.vehicle, ".vehicle", made.vehicle_);
    parse(options.telemetry_group, ".telemetryGroup", made.group_);
    if (options.key.empty() && options.vehicle.empty())
        wrong.add(option + ".key", "where does a record name its vehicle? Write key, a /pointer or header:NAME");
    if (options.sequence.empty())
        wrong.add(option + ".sequence", "without a sequence no message can be missed; write where it is, such as /seq");
    if (groups.size() > 1 && options.telemetry_group.empty())
        wrong.add(option + ".telemetryGroup",
                  "several telemetry groups have sequences of their own: where does a record name its group or its "
                  "MQTT topic? Write, say, /topic or header:topic");
    if (!wrong.empty()) return wrong;
    made.groups_ = std::move(groups);
    return made;
}

std::optional<std::uint32_t> tap_mapping::group_of(std::string_view text) const {
    for (std::size_t i = 0; i < groups_.size(); ++i)
        if (groups_[i].name == text || (!groups_[i].filter.empty() && mqtt::matches(groups_[i].filter, text)))
            return static_cast<std::uint32_t>(i);
    return std::nullopt;
}

tapped_message tap_mapping::read(const record_view& m) const {
    tapped_message made;
    const message_view record{.topic = m.topic, .payload = m.value, .property = m.header};
    message_parser in_record(record);
    switch (key_place_) {
    case key_place::text: made.key_vehicle = m.key; break;
    case key_place::json: {
        const message_view key{.payload = m.key};
        if (!message_parser(key).extract(key_, made.key_vehicle)) made.key_vehicle.clear();
        break;
    }
    case key_place::value:
        if (!in_record.extract(key_, made.key_vehicle)) made.key_vehicle.clear();
        break;
    }
    std::string text;
    if (group_.type() == field_path::kind::none)
        made.group = groups_.empty() ? std::nullopt : std::optional<std::uint32_t>(0);
    else if (in_record.extract(group_, text))
        made.group = group_of(text);

    std::string enclosed;
    message_view payload = record;
    const bool is_enclosed = payload_.type() != field_path::kind::none;
    if (is_enclosed) {
        if (!in_record.extract(payload_, enclosed)) enclosed.clear();
        payload.payload = enclosed;
    }
    made.payload_hash = payload.payload.empty() ? 0 : content_hash(payload.payload);
    message_parser in_payload(payload);
    const auto extract = [&](const field_path& p, std::string& out) {
        out.clear();
        return p.type() != field_path::kind::none &&
               (is_enclosed && reads_value(p) ? in_payload : in_record).extract(p, out);
    };
    if (!extract(vehicle_, made.payload_vehicle)) made.payload_vehicle.clear();
    if (extract(sequence_, text)) made.sequence = sequence_number(text);
    return made;
}

} // namespace loadsim::contract
