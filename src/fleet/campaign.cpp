#include <loadsim/fleet/campaign.hpp>

#include <loadsim/base/random.hpp>
#include <loadsim/contract/template_symbols.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Renders the message for two segments that differ in every template value of a segment, and compares.
bool differs_by_segment(const contract::message_template& sent, const contract::scenario_symbols& names) {
    const std::vector<std::string> ones(names.segment.size(), "1");
    const std::vector<std::string> twos(names.segment.size(), "2");
    const std::vector<std::string> data(names.data.size(), "1"), captured(names.captured.size(), "1");
    contract::outgoing_message one, two;
    const auto compose = [&](std::string_view segment, const std::vector<std::string>& variables, auto& out) {
        random_stream rng(1, stream_id::template_value, 0); // same random draws for both
        return sent.compose({.vin = "1",
                             .segment = segment,
                             .request_id = "1",
                             .service = "1",
                             .data = data,
                             .segment_variables = variables,
                             .captured = captured,
                             .random = &rng},
                            out);
    };
    (void)compose("1", ones, one);
    (void)compose("2", twos, two);
    const auto all_of = [](const contract::outgoing_message& m) {
        return std::tie(m.topic, m.payload, m.response_topic, m.correlation, m.content_type, m.user_properties);
    };
    return all_of(one) != all_of(two);
}

} // namespace

result<campaign> campaign::compile(const campaign_options& o, const contract::scenario_symbols& names,
                                   const std::string& location) {
    problems wrong;
    const auto add_errors = [&](const problems& more, const std::string& key) {
        for (const auto& one : more.list) wrong.add(one.location.empty() ? location + key : one.location, one.text);
    };
    campaign made;
    made.options_ = o;
    std::vector<std::string> pointers; // none: a campaign has no command to read from
    auto filter = contract::text_template::compile(
        o.filter, contract::symbols_in(contract::template_scope::identity, names, {}), pointers);
    if (filter)
        made.filter_ = *filter;
    else
        add_errors(filter.error(), ".filter");
    auto command_symbols = contract::symbols_in(contract::template_scope::command, names, {});
    command_symbols.parameters = {}; // those of a service
    auto sent = contract::message_template::compile(o.message, command_symbols, pointers, location);
    if (sent)
        made.message_ = *sent;
    else
        add_errors(sent.error(), "");
    auto id = contract::field_path::parse(o.id);
    if (id)
        made.id_ = *id;
    else
        add_errors(id.error(), ".id");
    if (!wrong.empty()) return wrong;
    made.by_segment_ = differs_by_segment(made.message_, names);
    return made;
}

bool campaign::addresses(std::string_view segment) const {
    return options_.segments.empty() || std::ranges::find(options_.segments, segment) != options_.segments.end();
}

bool campaign::matches(const contract::message_view& message) const {
    if (id_.type() == contract::field_path::kind::none) return true;
    std::string found_name;
    return contract::message_parser(message).extract(id_, found_name) && found_name == options_.name;
}

bool campaign::compose(contract::template_values values, contract::outgoing_message& out) const {
    values.request_id = options_.name;
    return message_.compose(values, out);
}

} // namespace loadsim::fleet
