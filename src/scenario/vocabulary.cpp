#include <loadsim/scenario/vocabulary.hpp>

#include <loadsim/base/names.hpp>
#include <loadsim/fleet/campaign.hpp>
#include <loadsim/fleet/papers.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace loadsim::scenario {
namespace {

using contract::named_texts;

std::vector<std::string> names_in(const named_texts& texts) {
    std::vector<std::string> names;
    for (const auto& [name, text] : texts) names.push_back(name);
    return names;
}

/// The first segment names the variables; the others have the same.
std::vector<std::string> variables_of(const document& d, problems& wrong) {
    if (d.fleet.segments.empty()) return {};
    const auto names = names_in(d.fleet.segments.front().variables);
    for (std::size_t i = 1; i < d.fleet.segments.size(); ++i) {
        const auto others = names_in(d.fleet.segments[i].variables);
        const auto place = fmt::format("fleet.segments[{}].variables", i);
        for (const auto& name : names)
            if (std::ranges::count(others, name) == 0)
                wrong.add(place, fmt::format("'{}' is missing here; every segment has the same variables", name));
        for (const auto& name : others)
            if (std::ranges::count(names, name) == 0)
                wrong.add(place, fmt::format("'{}' is only here; every segment has the same variables", name));
    }
    return names;
}

std::vector<std::vector<std::string>> values_of(const document& d, const std::vector<std::string>& names) {
    std::vector<std::vector<std::string>> all;
    for (const auto& s : d.fleet.segments) {
        auto& values = all.emplace_back();
        for (const auto& name : names) {
            const auto found = std::ranges::find(s.variables, name, &named_texts::value_type::first);
            values.push_back(found == s.variables.end() ? std::string{} : found->second);
        }
    }
    if (all.empty()) all.emplace_back(); // the one that read() gives a fleet without any
    return all;
}

vehicle::registry registry_of(const document& d, problems& wrong) {
    const vehicle::registry made_up(d.fleet.vin, d.fleet.vehicles);
    if (d.fleet.data.empty()) return made_up;
    auto loaded = vehicle::registry::load(d.fleet.vin, d.fleet.vehicles, d.fleet.data);
    if (loaded) return std::move(*loaded);
    for (auto& p : loaded.error().list)
        wrong.add("fleet.data", p.place.empty() ? std::move(p.text) : p.place + ": " + p.text);
    return made_up;
}

/// Two vehicles with one client id would throw each other out for ever.
void check_client_ids(const document& d, const vocabulary& words, problems& wrong) {
    const auto& form = d.fleet.mqtt.client_id;
    if (form.find("{vin}") != std::string::npos || form.find("{index}") != std::string::npos) return;
    const auto forms = fleet::paper_forms::compile(d.fleet.mqtt, words.names);
    if (!forms) return; // told already
    const vehicle::segmentation segments(d.seed, d.fleet.vehicles, d.fleet.segments);
    const std::string nobody; // what is filled in only refers to it
    const auto name_of = [&](vehicle_id v) {
        const auto vin = words.cars.vin_of(v);
        const auto segment = segments.segment_of(v);
        contract::values about{.vin = vin};
        words.fill(v, segment, d.fleet.segments.empty() ? nobody : d.fleet.segments[segment].name, about);
        fleet::papers shown;
        forms->fill(about, shown);
        return shown.name;
    };
    if (const auto same = vehicle::first_duplicate(d.fleet.vehicles, name_of))
        wrong.add("fleet.mqtt.clientId",
                  fmt::format("vehicles {} and {} would both be '{}', and throw each other out; put {{vin}} into it",
                              index(same->first), index(same->second), name_of(same->first)));
}

template <class T>
void take(result<T> made, T& into, problems& wrong) {
    if (made)
        into = std::move(*made);
    else
        wrong.add(made.error());
}

vocabulary::observer_texts texts_of(const observe::options& o, const contract::known_names& names, std::size_t i,
                                    problems& wrong) {
    vocabulary::observer_texts made;
    std::vector<std::string> none;
    const auto compile = [&](const std::string& text, contract::place where, std::string_view key,
                             contract::text_template& into) {
        const auto known = contract::names_at(where, names, {});
        auto compiled = key == "path" ? contract::text_template::compile_path(text, known, none)
                                      : contract::text_template::compile(text, known, none);
        const auto path = fmt::format("load.observers[{}].{}.{}", i, observe::kind_of(o), key);
        if (compiled)
            into = std::move(*compiled);
        else
            for (auto& p : compiled.error().list) wrong.add(path, std::move(p.text));
    };
    if (const auto* poll = std::get_if<observe::poll_options>(&o)) {
        compile(poll->path, contract::place::poll, "path", made.path);
    } else if (const auto* sse = std::get_if<observe::sse_options>(&o)) {
        compile(sse->path, contract::place::call, "path", made.path);
    } else if (const auto* socket = std::get_if<observe::websocket_options>(&o)) {
        compile(socket->path, contract::place::call, "path", made.path);
        compile(socket->subscribe, contract::place::call, "subscribe", made.first);
    }
    return made;
}

} // namespace

void vocabulary::fill(vehicle_id v, std::size_t segment, const std::string& segment_name, contract::values& out) const {
    out.index = index(v);
    out.segment = segment_name;
    out.data = cars.row(v);
    if (segment < segment_variables.size()) out.segment_variables = segment_variables[segment];
}

result<vocabulary> learn(const document& d) {
    problems wrong;
    vocabulary made{.cars = registry_of(d, wrong),
                    .names = {},
                    .terms = contract::terms::of_our_own(),
                    .segment_variables = {},
                    .before = {},
                    .after = {},
                    .of_observers = {}};
    const auto columns = made.cars.columns();
    made.names.data.assign(columns.begin(), columns.end());
    made.names.segment = variables_of(d, wrong);
    made.segment_variables = values_of(d, made.names.segment);
    made.names.captured = drive::captured_by(d.before);
    take(contract::terms::compile(d.contract, made.names), made.terms, wrong);
    take(drive::calls::compile(d.before, made.names, "before"), made.before, wrong);
    take(drive::calls::compile(d.after, made.names, "after"), made.after, wrong);
    for (std::size_t i = 0; i < d.load.observers.size(); ++i)
        made.of_observers.push_back(texts_of(d.load.observers[i], made.names, i, wrong));
    for (std::size_t i = 0; i < d.campaigns.size(); ++i)
        if (const auto one = fleet::campaign::compile(d.campaigns[i], made.names, fmt::format("campaigns[{}]", i));
            !one)
            wrong.add(one.error());
    if (const auto papers = fleet::paper_forms::compile(d.fleet.mqtt, made.names); !papers) wrong.add(papers.error());
    check_client_ids(d, made, wrong);
    if (!wrong.empty()) return wrong;
    return made;
}

} // namespace loadsim::scenario
