#include "tools/contract_check.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/measure/command_content.hpp>
#include <loadsim/mqtt/packet.hpp>
#include <loadsim/scenario/scenario.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace loadsim::run {
namespace {

using direction = traced_message::direction;

constexpr std::size_t max_sample_length = 300; // bytes

std::string sample(std::string_view text) { return excerpt(text, max_sample_length); }

class contract_checker {
public:
    contract_checker(const scenario::scenario_config& scenario, const scenario::compiled_scenario& compiled,
                     const std::vector<traced_message>& observed)
        : scenario_(scenario), contract_(compiled.message_contract), messages_(observed) {}

    std::vector<contract_finding> take_findings() { return std::move(findings_); }
    bool awaits_an_observer() const { return accepted_ && silent_observers_ != 0; }

    void check(vehicle_id v) {
        if (scenario_.load.driver == driver::kind::http) check_api_response();
        check_commands(v);
        check_responses();
        if (scenario_.load.driver == driver::kind::http)
            for (std::uint32_t i = 0; i < scenario_.load.observers.size(); ++i) check_observer(i);
    }

private:
    std::vector<const traced_message*> messages_of(direction what, std::uint32_t observer = 0) const {
        std::vector<const traced_message*> all;
        for (const auto& message : messages_)
            if (message.kind == what && message.observer == observer) all.push_back(&message);
        return all;
    }
    void pass(std::string text) { findings_.push_back({contract_finding::kind::passed, std::move(text)}); }
    void fail(std::string text) { findings_.push_back({contract_finding::kind::failed, std::move(text)}); }
    void skip(std::string text) { findings_.push_back({contract_finding::kind::not_tested, std::move(text)}); }

    static contract::message_view message_view_of(const traced_message& message) {
        const bool is_http = message.kind == direction::from_api || message.kind == direction::to_observer;
        return {.topic = message.head,
                .payload = message.body,
                .correlation = {},
                .property = {},
                .parse_limit = is_http ? message.body.size() : contract::payload_limit};
    }

    void check_api_response() {
        const auto responses = messages_of(direction::from_api);
        const auto& options = contract_.request().options();
        if (responses.empty()) return fail("the API did not answer");
        const auto& a = *responses.back();
        unsigned status = 0;
        std::from_chars(a.head.data(), a.head.data() + a.head.size(), status);
        if (status == 0) return fail("the API did not answer: " + sample(a.body));
        if (std::ranges::count(options.rejected, status) != 0)
            return fail(fmt::format("the API rejects the request with {} (contract.request.rejected)", status));
        if (std::ranges::count(options.accepted, status) == 0)
            return fail(fmt::format("the API answers with {}, which is in neither contract.request.accepted ({}) nor "
                                    "rejected ({}): {}",
                                    status, fmt::join(options.accepted, ", "), fmt::join(options.rejected, ", "),
                                    sample(a.body)));
        accepted_ = true;
        const auto& where = contract_.request().id();
        if (where.type() == contract::field_path::kind::none)
            return pass(fmt::format("the API accepts the request with {}", status));
        const auto view = message_view_of(a);
        contract::message_parser read(view);
        std::string id;
        if (where.type() == contract::field_path::kind::property)
            return pass(fmt::format("the API accepts the request with {}; its id is in {}", status, where.text()));
        if (!read.extract(where, id))
            return fail(
                fmt::format("the API accepts the request with {}, and there is no '{}' (contract.request.id) in "
                            "the response: {}",
                            status, where.text(), sample(a.body)));
        request_id_ = id;
        pass(fmt::format("the API accepts the request with {}; its id is '{}' (contract.request.id: {})", status, id,
                         where.text()));
    }

    const vehicle::behaviour& behaviour_of(vehicle_id v) const {
        const auto& fleet = scenario_.fleet;
        const vehicle::segmentation segments(scenario_.seed, fleet.vehicles, fleet.segments);
        return scenario::behaviour_of(scenario_, fleet.segments[segments.segment_of(v)].behaviour);
    }

    void check_commands(vehicle_id v) {
        const auto commands = messages_of(direction::to_vehicle);
        const auto& c = scenario_.contract.command;
        if (commands.empty()) {
            if (const auto& b = behaviour_of(v); !b.online || b.credentials)
                return skip(fmt::format("not tested: the command; a vehicle with the behaviour '{}' is offline and "
                                        "receives none",
                                        b.name));
            if (scenario_.fleet.link == fleet::link_kind::broker_api)
                return fail("no command arrived at " + scenario_.fleet.broker_api.path + " (fleet.brokerApi.path)");
            return fail(fmt::format(
                "no command arrived at the vehicle, which subscribes to {} (contract.command.filter)", c.filter));
        }
        for (const auto* message : commands) {
            const auto parsed = contract_.parse_command(message_view_of(*message), nullptr);
            if (!parsed) {
                fail(fmt::format("a message came on {}, and there is no '{}' (contract.command.id) in it: {}",
                                 message->head, c.id, sample(message->body)));
            } else if (!same_id(parsed->id)) {
                fail(fmt::format(
                    "the command has '{}' at {} (contract.command.id), and the API's response has '{}' at {} "
                    "(contract.request.id): one of the field paths is wrong",
                    parsed->id, c.id, request_id_, contract_.request().id().text()));
            } else {
                if (request_id_.empty()) request_id_ = parsed->id;
                pass(fmt::format("the command came on {}: request '{}' (contract.command.id: {}), service '{}'{}",
                                 message->head, parsed->id, c.id, parsed->service,
                                 c.service.empty() ? "" : " (contract.command.service: " + c.service + ")"));
                if (!c.service.empty() && parsed->service.empty())
                    fail(fmt::format("there is no '{}' (contract.command.service) in it: {}", c.service,
                                     sample(message->body)));
                else if (scenario_.load.driver == driver::kind::http)
                    check_content(*parsed);
            }
        }
    }

    /// Compares service and parameters of a command with those of the request.
    void check_content(const contract::message_contract::parsed_command& command) {
        measure::command_content requested{.service = scenario_.load.services.front().platform_name()};
        measure::command_content received{.parameters = command.parameters};
        if (!scenario_.contract.command.service.empty()) received.service = command.service;
        std::vector<std::string> of_service, parameters;
        scenario::parameter_values_of(scenario_).draw(arrival_id{0}, 0, of_service);
        if (const auto requests = messages_of(direction::to_api); !requests.empty()) {
            const std::string_view head = requests.back()->head; // "POST /path"
            const auto path = head.find('/');
            parameters = contract_.request().parameters(
                {.topic = path == std::string_view::npos ? std::string_view{} : head.substr(path + 1),
                 .payload = requests.back()->body},
                of_service);
        }
        requested.parameters = parameters;
        const auto names = scenario::labels_of(scenario_).parameters;
        if (const auto difference = measure::find_difference(requested, received, names))
            return fail(fmt::format("{} ({})", difference->evidence, to_string(difference->kind)));
        const auto compared = std::ranges::count_if(parameters, [](const auto& value) { return !value.empty(); });
        if (compared != 0)
            pass(fmt::format("its {}", compared == 1 ? "parameter is that of the request"
                                                     : "parameters are those of the request"));
    }

    void check_responses() {
        for (const auto* message : messages_of(direction::from_vehicle)) {
            if (scenario_.load.driver != driver::kind::mqtt) {
                pass(fmt::format("the vehicle publishes on {}: {}", message->head, sample(message->body)));
                continue;
            }
            if (mqtt::matches(scenario_.contract.responses_filter, message->head))
                check_event_mapping(contract_.response_mapping(), scenario_.contract.responses, "contract.responses",
                                    *message);
            else
                pass(fmt::format("the vehicle publishes on {}, which contract.responses.filter leaves out: {}",
                                 message->head, sample(message->body)));
        }
    }

    void check_observer(std::uint32_t i) {
        const auto& options = scenario_.load.observers[i];
        const auto name = fmt::format("load.observers[{}] ({})", i, observer::kind_of(options));
        std::visit(
            [&](const auto& o) {
                if constexpr (requires { o.reading; }) {
                    auto received = messages_of(direction::to_observer, i);
                    if constexpr (requires { o.filter; })
                        std::erase_if(received,
                                      [&](const auto* message) { return is_response_only(*message, o.filter); });
                    if (received.empty()) {
                        ++silent_observers_;
                        return fail(name + " has received nothing");
                    }
                    auto reading = o.reading;
                    // These observers have the request already: its id need not be in the message.
                    if constexpr (requires { o.first; }) reading.id.clear();
                    if (observer::kind_of(options) == "response") reading.id.clear();
                    const auto read = contract::event_mapping::compile(reading, name);
                    if (!read) return;
                    bool ended = false;
                    for (const auto* message : received) {
                        if (message->body.empty() && message->head.find(": refused: ") != std::string::npos)
                            fail(fmt::format("{}: {}", name, message->head));
                        else
                            ended = check_event_mapping(*read, reading, name, *message) || ended;
                    }
                    if (ended) return;
                    ++silent_observers_;
                    fail(fmt::format("{}: no message completes this request; its `ends` are {}", name,
                                     completion_texts(reading.outcomes)));
                }
            },
            options);
    }

    /// True: a response of the vehicle, which the observer's client receives for load.checkResponseSequence alone.
    bool is_response_only(const traced_message& message, const std::string& filter) const {
        return scenario_.load.check_response_sequence &&
               mqtt::matches(scenario_.contract.responses_filter, message.head) && !mqtt::matches(filter, message.head);
    }

    /// Returns true if the message completes this request.
    bool check_event_mapping(const contract::event_mapping& mapping, const contract::event_mapping_options& options,
                             const std::string& location, const traced_message& message) {
        bool ended = false;
        mapping.extract_each(
            message_view_of(message), nullptr,
            [&](const contract::message_view& one, const std::optional<contract::extracted_event>& observed) {
                ended = check_event(observed, options, location, one.payload) || ended;
            });
        return ended;
    }

    bool check_event(const std::optional<contract::extracted_event>& observed,
                     const contract::event_mapping_options& options, const std::string& location,
                     std::string_view event) {
        if (!observed && !options.id.empty()) {
            const auto where =
                options.batch_path.empty() ? std::string{} : fmt::format(", each: '{}'", options.batch_path);
            fail(fmt::format("{}: there is no '{}' (id{}) in {}", location, options.id, where, sample(event)));
            return false;
        }
        if (!observed) return false;
        const bool ours = options.id.empty() || same_id(observed->request_id);
        const auto state = fmt::format("request '{}', state '{}'", observed->request_id, observed->state);
        if (!observed->final_outcome) {
            pass(fmt::format("{}: {}, which completes nothing", location, state));
            return false;
        }
        pass(fmt::format("{}: {} is {}{}", location, state, to_string(*observed->final_outcome),
                         ours ? "" : ", of another request"));
        return ours;
    }

    bool same_id(const std::string& id) const { return request_id_.empty() || id == request_id_; }

    static std::string completion_texts(const std::vector<std::pair<outcome, std::vector<std::string>>>& ends) {
        std::string all;
        for (const auto& [end, texts] : ends)
            for (const auto& text : texts)
                all += fmt::format("{}'{}' as {}", all.empty() ? "" : ", ", text, to_string(end));
        return all.empty() ? "none" : all;
    }

    const scenario::scenario_config& scenario_;
    const contract::message_contract& contract_;
    const std::vector<traced_message>& messages_;
    std::vector<contract_finding> findings_;
    std::string request_id_;           ///< id of the request; empty: not known yet
    bool accepted_ = false;            ///< the API has accepted the request
    std::size_t silent_observers_ = 0; ///< observers that have received no completion
};

} // namespace

std::vector<contract_finding> check_contract(const scenario::scenario_config& scenario,
                                             const scenario::compiled_scenario& compiled, vehicle_id v,
                                             const std::vector<traced_message>& observed) {
    contract_checker checker(scenario, compiled, observed);
    checker.check(v);
    return checker.take_findings();
}

bool awaits_an_observer(const scenario::scenario_config& scenario, const scenario::compiled_scenario& compiled,
                        const std::vector<traced_message>& observed) {
    contract_checker checker(scenario, compiled, observed);
    checker.check(vehicle_id{0}); // of any vehicle: the observers are the same
    return checker.awaits_an_observer();
}

} // namespace loadsim::run
