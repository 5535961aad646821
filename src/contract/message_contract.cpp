#include <loadsim/base/encoding.hpp>
#include <loadsim/contract/message_contract.hpp>
#include <loadsim/contract/message_parser.hpp>

#include <algorithm>
#include <utility>

namespace loadsim::contract {
namespace {

constexpr variable_set set_of(std::initializer_list<variable> some) {
    variable_set set = 0;
    for (const auto v : some) set |= bit(v);
    return set;
}

using enum variable;
constexpr variable_set identity_variables = set_of({vin, index, segment});
constexpr variable_set time_variables = set_of({now_ms, now_s, now_us, now_iso});
constexpr variable_set address_variables = set_of({webhook_url, broker_api_url});
constexpr variable_set request_variables =
    identity_variables | time_variables | address_variables | set_of({service, arrival});
constexpr variable_set response_variables =
    identity_variables | time_variables | set_of({request_id, service, code, phase, ok, seq, claimed_vin, sent_us});

variable_set variables_in(template_scope where) {
    switch (where) {
    case template_scope::identity: return identity_variables;
    case template_scope::request: return request_variables;
    case template_scope::poll: return request_variables | bit(request_id);
    case template_scope::command: return request_variables | set_of({request_id, sent_us});
    case template_scope::response: return response_variables;
    case template_scope::presence: return identity_variables | time_variables | set_of({state, wake});
    case template_scope::telemetry: return identity_variables | time_variables | set_of({seq, sent_us});
    case template_scope::hook:
        return time_variables | address_variables; // per-vehicle hooks add the identity variables
    }
    return 0;
}

} // namespace

message_contract::message_contract() = default;
message_contract::message_contract(const message_contract&) = default;
message_contract::message_contract(message_contract&&) noexcept = default;
message_contract& message_contract::operator=(const message_contract&) = default;
message_contract& message_contract::operator=(message_contract&&) noexcept = default;
message_contract::~message_contract() = default;

result<message_template> message_template::compile(const message_options& options, const template_symbols& symbols,
                                                   std::vector<std::string>& pointers, const std::string& option) {
    message_template made;
    problems errors;
    const auto assign = [&](auto compiled, auto& out, std::string_view key) {
        if (compiled)
            out = std::move(*compiled);
        else
            for (auto& p : compiled.error().list) errors.add(option + "." + std::string(key) + p.location, p.text);
    };
    const auto text = [&](const std::string& from, text_template& out, std::string_view key) {
        assign(text_template::compile(from, symbols, pointers), out, key);
    };
    text(options.topic, made.topic_, "topic");
    if (options.topic.empty()) errors.add(option + ".topic", "a message needs a topic");
    const std::string_view form = options.vss ? "vss" : options.protobuf ? "protobuf" : "payload";
    made.payload_option_ = option + "." + std::string(form);
    if ((options.payload != payload_options{}) + options.vss.has_value() + options.protobuf.has_value() > 1)
        errors.add(made.payload_option_, "a message has one payload: payload, vss or protobuf");
    else if (options.vss)
        assign(payload_template::compile_vss(*options.vss, symbols, pointers), made.payload_, form);
    else if (options.protobuf)
        assign(payload_template::compile_protobuf(*options.protobuf, symbols, pointers), made.payload_, form);
    else
        assign(payload_template::compile(options.payload, symbols, pointers), made.payload_, form);
    text(options.response_topic, made.response_topic_, "responseTopic");
    text(options.correlation_data, made.correlation_, "correlationData");
    text(options.content_type, made.content_type_, "contentType");
    for (const auto& [name, value] : options.user_properties)
        text(value, made.user_properties_.emplace_back(name, text_template{}).second, "userProperties." + name);
    if (!errors.empty()) return errors;
    made.expiry_s_ = static_cast<std::uint32_t>(options.expiry.count());
    made.qos_ = options.qos;
    made.retain_ = options.retain;
    return made;
}

bool message_template::compose(const template_values& from, outgoing_message& out) const {
    const auto fill = [&](const text_template& what, std::string& into) {
        into.clear();
        what.render(from, into);
    };
    fill(topic_, out.topic);
    fill(response_topic_, out.response_topic);
    fill(correlation_, out.correlation);
    fill(content_type_, out.content_type);
    out.user_properties.resize(user_properties_.size());
    for (std::size_t i = 0; i < user_properties_.size(); ++i) {
        out.user_properties[i].first = user_properties_[i].first;
        fill(user_properties_[i].second, out.user_properties[i].second);
    }
    out.expiry_s = expiry_s_;
    out.qos = qos_;
    out.retain = retain_;
    out.payload.clear();
    std::string problem;
    if (payload_.render(from, out.payload, &problem)) return true;
    out.problem = payload_option_ + problem;
    return false;
}

template_symbols symbols_in(template_scope where, const scenario_symbols& scenario,
                            const std::vector<std::string>& command_parameters) {
    template_symbols made{.variables = variables_in(where)};
    if (where != template_scope::hook) {
        made.data = scenario.data;
        made.segment = scenario.segment;
    }
    if (where == template_scope::response) made.parameters = command_parameters;
    made.command = where == template_scope::response;
    made.random = where != template_scope::identity;
    const bool by_vehicle =
        where == template_scope::response || where == template_scope::presence || where == template_scope::telemetry;
    if (by_vehicle) made.signals = scenario.signals;
    const bool at_platform = where == template_scope::request || where == template_scope::poll ||
                             where == template_scope::command || where == template_scope::hook;
    if (at_platform) made.captured = scenario.captured;
    if (at_platform && where != template_scope::hook) made.parameters = scenario.parameters;
    return made;
}

const message_contract& message_contract::built_in() {
    static const message_contract instance = *compile({});
    return instance;
}

std::optional<message_contract::parsed_command> message_contract::parse_command(const message_view& message,
                                                                                field_match_stats* stats) const {
    message_parser from(message);
    parsed_command made;
    const auto extract_field = [&](const field_path& where, std::string& out, std::string_view what) {
        const bool found = from.extract(where, out) && !out.empty();
        if (stats != nullptr && where.type() != field_path::kind::none)
            stats->record(what, where, found,
                          where.type() == field_path::kind::topic_level ? message.topic : message.payload);
        return found;
    };
    if (!extract_field(id_, made.id, command_id_option)) return std::nullopt;
    extract_field(service_, made.service, command_service_option);
    made.parameters.resize(parameters_.size());
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        extract_field(parameters_[i], made.parameters[i], parameter_options_[i]);
    made.pointer_values.resize(pointer_paths_.size());
    for (std::size_t i = 0; i < pointer_paths_.size(); ++i)
        extract_field(pointer_paths_[i], made.pointer_values[i], pointer_labels_[i]);
    return made;
}

std::string message_contract::command_filter(const template_values& of) const { return filter_.rendered(of); }

std::vector<std::string> message_contract::published_filters(const template_values& vehicle) const {
    std::vector<std::string> all;
    const auto add = [&](const text_template& topic) {
        auto filter = topic.topic_filter(vehicle);
        if (std::ranges::find(all, filter) == all.end()) all.push_back(std::move(filter));
    };
    for (const auto kind : {response_kind::ack, response_kind::running, response_kind::executed, response_kind::failed})
        if (has(kind)) add(response_templates_[static_cast<std::size_t>(kind)].topic());
    if (has_presence()) add(presence_.topic());
    for (const auto& c : commands_)
        if (options_.use_response_topic && !c.response_topic().empty()) add(c.response_topic());
    return all;
}

bool message_contract::compose_command(const template_values& from, outgoing_message& out,
                                       std::uint32_t service) const {
    return command(service).compose(from, out);
}

bool message_contract::compose(response_kind what, const template_values& from, outgoing_message& out) const {
    return response_templates_[static_cast<std::size_t>(what)].compose(from, out);
}

bool message_contract::compose_presence(const template_values& from, outgoing_message& out) const {
    return presence_.compose(from, out);
}

bool message_contract::has_presence() const noexcept { return !options_.presence.none; }

bool message_contract::has(response_kind what) const noexcept {
    return !(what == response_kind::ack && options_.ack.none) &&
           !(what == response_kind::running && options_.running.none);
}

bool message_contract::has_request_id_in_header() const noexcept {
    return std::ranges::any_of(requests_, [](const auto& r) { return r.id_.type() == field_path::kind::property; });
}

bool message_template::any_text(const auto& test) const {
    return test(topic_) || test(response_topic_) || test(correlation_) || test(content_type_) ||
           std::ranges::any_of(user_properties_, [&](const auto& p) { return test(p.second); });
}

bool message_template::uses_parameter(std::size_t index) const noexcept {
    return payload_.uses_parameter(index) || any_text([=](const text_template& t) { return t.uses_parameter(index); });
}

bool message_template::uses_signals() const noexcept {
    return payload_.uses_signals() || any_text([](const text_template& t) { return t.uses_signals(); });
}

bool api_request::uses_parameter(std::size_t index) const noexcept {
    return path_.uses_parameter(index) || body_.uses_parameter(index) ||
           std::ranges::any_of(headers_, [index](const auto& h) { return h.second.uses_parameter(index); });
}

void api_request::find_sources(const named_texts& command_parameters, const std::vector<std::string>& of_services) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const auto at = std::ranges::find(of_services, command_parameters[i].first);
        const auto index = static_cast<std::size_t>(at - of_services.begin());
        parameters_[i].of_service = at != of_services.end() && uses_parameter(index) ? index : std::string::npos;
    }
}

bool api_request::compose(const template_values& from, request_parts& out) const {
    path_.render(from, out.path);
    for (const auto& [name, value] : headers_) out.headers.emplace_back(name, value.rendered(from));
    std::string problem;
    if (body_.render(from, out.body, &problem)) return true;
    out.problem = body_option_ + problem;
    return false;
}

std::vector<std::string> api_request::parameters(const message_view& request,
                                                 std::span<const std::string> of_service) const {
    message_parser from(request);
    std::vector<std::string> values(parameters_.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto& source = parameters_[i];
        if (source.path.type() == field_path::kind::none && source.of_service < of_service.size())
            values[i] = of_service[source.of_service];
        else
            from.extract(source.path, values[i]);
        // A level of the path: encoded, and the last one with the query.
        if (source.path.type() == field_path::kind::topic_level)
            values[i] = percent_decode(std::string_view(values[i]).substr(0, values[i].find('?')));
    }
    return values;
}

} // namespace loadsim::contract
