#include <loadsim/fleet/campaign.hpp>

#include <loadsim/base/draw.hpp>
#include <loadsim/contract/variables.hpp>

#include <algorithm>
#include <tuple>
#include <utility>

namespace loadsim::fleet {
namespace {

/// Two segments that differ in everything that a template can name of them.
bool differs_by_segment(const contract::message_template& sent, const contract::known_names& names) {
    const std::vector<std::string> ones(names.segment.size(), "1");
    const std::vector<std::string> twos(names.segment.size(), "2");
    const std::vector<std::string> data(names.data.size(), "1"), captured(names.captured.size(), "1");
    contract::composed one, two;
    const auto compose = [&](std::string_view segment, const std::vector<std::string>& variables, auto& out) {
        draws chance(1, stream::text, 0); // the same for both
        return sent.compose({.vin = "1",
                             .segment = segment,
                             .request_id = "1",
                             .service = "1",
                             .data = data,
                             .segment_variables = variables,
                             .captured = captured,
                             .draw = &chance},
                            out);
    };
    (void)compose("1", ones, one);
    (void)compose("2", twos, two);
    const auto all_of = [](const contract::composed& m) {
        return std::tie(m.topic, m.payload, m.response_topic, m.correlation, m.content_type, m.user_properties);
    };
    return all_of(one) != all_of(two);
}

} // namespace

result<campaign> campaign::compile(const campaign_options& o, const contract::known_names& names,
                                   const std::string& place) {
    problems wrong;
    const auto note = [&](const problems& more, const std::string& key) {
        for (const auto& one : more.list) wrong.add(one.place.empty() ? place + key : one.place, one.text);
    };
    campaign made;
    made.options_ = o;
    std::vector<std::string> pointers; // none: a campaign answers nothing
    auto filter =
        contract::text_template::compile(o.filter, contract::names_at(contract::place::identity, names, {}), pointers);
    if (filter)
        made.filter_ = *filter;
    else
        note(filter.error(), ".filter");
    auto sent = contract::message_template::compile(o.sent, contract::names_at(contract::place::command, names, {}),
                                                    pointers, place);
    if (sent)
        made.sent_ = *sent;
    else
        note(sent.error(), "");
    auto id = contract::source::parse(o.id);
    if (id)
        made.id_ = *id;
    else
        note(id.error(), ".id");
    if (!wrong.empty()) return wrong;
    made.by_segment_ = differs_by_segment(made.sent_, names);
    return made;
}

bool campaign::addresses(std::string_view segment) const {
    return options_.segments.empty() || std::ranges::find(options_.segments, segment) != options_.segments.end();
}

bool campaign::is_of(const contract::heard& message) const {
    if (id_.what() == contract::source::kind::none) return true;
    std::string said;
    return contract::message_reader(message).read(id_, said) && said == options_.name;
}

bool campaign::compose(contract::values of, contract::composed& out) const {
    of.request_id = options_.name;
    return sent_.compose(of, out);
}

} // namespace loadsim::fleet
