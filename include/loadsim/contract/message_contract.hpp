// Compiled message contract, used by vehicles, drivers and observers to compose and parse messages.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/event_mapping.hpp>
#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/template_symbols.hpp>
#include <loadsim/contract/text_template.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::contract {

/// Template symbols that the scenario defines.
struct scenario_symbols {
    std::vector<std::string> data{};       ///< columns of fleet.data
    std::vector<std::string> segment{};    ///< names of segment variables; the same for every segment
    std::vector<std::string> captured{};   ///< by the setup hooks
    std::vector<std::string> parameters{}; ///< of the services
    std::vector<std::string> signals{};    ///< of the vehicle model
};

/// Scope of a template: determines the available variables.
enum class template_scope : std::uint8_t {
    identity, ///< client id, user name, password: vin, index, segment, data
    request, ///< API request: the above, service, its parameters, arrival, now, random, captured, webhook.url, brokerApi.url
    poll,      ///< polling request: the same and request.id
    command,   ///< command of the mqtt driver: the above
    response,  ///< vehicle response: also all fields of its command, signals
    presence,  ///< identity, state, wake, now, random, signals
    telemetry, ///< identity, seq, now, random, signals
    hook,      ///< setup and teardown hooks: captured, webhook.url, now, random; per-vehicle hooks also identity
};
/// `command_parameters`: {parameter.NAME} of responses.
template_symbols symbols_in(template_scope, const scenario_symbols&,
                            const std::vector<std::string>& command_parameters);

/// Rendered message, ready to send. The caller owns and reuses the buffers.
struct outgoing_message {
    std::string topic, payload, response_topic, correlation, content_type;
    std::vector<std::pair<std::string, std::string>> user_properties;
    std::uint32_t expiry_s = 0;
    std::optional<std::uint8_t> qos{};
    bool retain = false;
    std::string problem{}; ///< reason if it could not be composed: "contract.ack.payload is no hex"
};

class message_template {
public:
    static result<message_template> compile(const message_options&, const template_symbols&,
                                            std::vector<std::string>& pointers, const std::string& option);
    /// Replaces the content of `out`. False, with `out.problem`: the payload cannot be rendered with these values.
    bool compose(const template_values&, outgoing_message& out) const;
    const text_template& topic() const noexcept { return topic_; }
    const text_template& response_topic() const noexcept { return response_topic_; }
    bool uses_parameter(std::size_t index) const noexcept;
    bool uses_signals() const noexcept;

private:
    bool any_text(const auto& test) const; ///< of the templates but the payload

    text_template topic_, response_topic_, correlation_, content_type_;
    payload_template payload_;
    std::string payload_option_; ///< "contract.ack.payload", "fleet.telemetry[0].protobuf"
    std::vector<std::pair<std::string, text_template>> user_properties_;
    std::uint32_t expiry_s_ = 0;
    std::optional<std::uint8_t> qos_{};
    bool retain_ = false;
};

/// Request to the API; api_request::compose() appends to its members.
struct request_parts {
    std::string path, body;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string problem{}; ///< reason if it could not be composed: "contract.request.body is no hex"
};

/// Compiled request to the API, and the meaning of the response.
class api_request {
public:
    const request_options& options() const noexcept { return options_; }
    /// False, with `out.problem`: the rendered body is not valid hex or base64.
    bool compose(const template_values&, request_parts& out) const;
    const field_path& id() const noexcept { return id_; } ///< of the request, in the response
    /// Parameters of a request, in the order of command_options::parameters: the value at its field path of
    /// contract.request.parameters; without one, that of the service, if a template contains it. Empty: neither, or absent.
    /// `topic` of the view: the request's target, without the first '/'; values of its path are decoded. `of_service`: values
    /// in the order of scenario_symbols::parameters.
    std::vector<std::string> parameters(const message_view&, std::span<const std::string> of_service = {}) const;
    /// The request contains the parameter; `index` in scenario_symbols::parameters.
    bool uses_parameter(std::size_t index) const noexcept;
    /// False: all of parameters() are empty.
    bool has_parameters(std::span<const std::string> of_service) const noexcept {
        return !parameters_.empty() && (!options_.parameters.empty() || !of_service.empty());
    }

private:
    request_options options_;
    text_template path_;
    std::vector<std::pair<std::string, text_template>> headers_;
    payload_template body_;
    std::string body_option_; ///< "contract.request.body"
    field_path id_;
    struct parameter_source {
        field_path path{};
        std::size_t of_service = std::string::npos; ///< index; npos: no template has it
    };
    std::vector<parameter_source> parameters_;

    /// Sets parameter_source::of_service after the templates are compiled.
    void find_sources(const named_texts& command_parameters, const std::vector<std::string>& of_services);
    friend class message_contract;
};

enum class response_kind : std::uint8_t { ack, running, executed, failed };

/// Threads: const, any.
class message_contract {
public:
    /// Errors: all problems at once, each with its option path ("contract.ack.payload").
    /// `services`: their order is that of the numbers below; problems of one are located at "load.services.NAME".
    static result<message_contract> compile(const options&, const scenario_symbols& = {},
                                            std::span<const named_service> services = {});
    static const message_contract& built_in(); ///< contract of the default options
    message_contract();                        ///< empty; compile() makes a usable one
    message_contract(const message_contract&);
    message_contract(message_contract&&) noexcept;
    message_contract& operator=(const message_contract&);
    message_contract& operator=(message_contract&&) noexcept;
    ~message_contract();

    /// Command parsed by a vehicle.
    struct parsed_command {
        std::string id, service;
        std::vector<std::string> parameters{};     ///< in the order of options().command.parameters
        std::vector<std::string> pointer_values{}; ///< values in the order of command_pointers()
    };
    /// nullopt: no request id.
    std::optional<parsed_command> parse_command(const message_view&, field_match_stats* watch) const;
    /// JSON pointers of {command:/POINTER} in all templates.
    const std::vector<std::string>& command_pointers() const noexcept { return pointers_; }

    std::string command_filter(const template_values&) const;
    /// Topic filters that match all that a vehicle publishes, each once. `vehicle`: values of template_scope::identity.
    std::vector<std::string> published_filters(const template_values& vehicle) const;
    bool compose_command(const template_values&, outgoing_message& out, std::uint32_t service = 0) const;
    bool compose(response_kind, const template_values&, outgoing_message& out) const;
    bool compose_presence(const template_values&, outgoing_message& out) const;
    bool has_presence() const noexcept;
    bool has(response_kind) const noexcept; ///< false: vehicles do not send it
    /// Event mapping of vehicle responses, for the embedded backend and response observers.
    const event_mapping& response_mapping() const noexcept { return response_mapping_; }

    /// Requests for the service of that number; of an unknown one: contract.request.
    const api_request& request(std::uint32_t service = 0) const noexcept {
        return requests_[service < of_service_.size() ? of_service_[service].request : 0];
    }
    /// The command for the service of that number contains the parameter.
    bool command_uses_parameter(std::uint32_t service, std::size_t index) const noexcept {
        return command(service).uses_parameter(index);
    }
    bool has_request_id_in_header() const noexcept; ///< of any service

    const contract::options& options() const noexcept { return options_; }

private:
    class compiler; ///< contract_compiler.cpp
    static constexpr std::string_view command_id_option = "contract.command.id";
    static constexpr std::string_view command_service_option = "contract.command.service";

    const message_template& command(std::uint32_t service) const noexcept {
        return commands_[service < of_service_.size() ? of_service_[service].command : 0];
    }

    contract::options options_;
    std::vector<std::string> pointers_;
    std::vector<field_path> pointer_paths_;
    text_template filter_;
    message_template response_templates_[4], presence_;
    // The first ones are those of the contract; the others of services that differ.
    std::vector<api_request> requests_ = std::vector<api_request>(1);
    std::vector<message_template> commands_ = std::vector<message_template>(1);
    struct service_templates {
        std::uint32_t request = 0, command = 0; ///< indexes
    };
    std::vector<service_templates> of_service_;
    field_path id_, service_;
    std::vector<field_path> parameters_;
    std::vector<std::string> parameter_options_, pointer_labels_; ///< option paths, for match statistics
    event_mapping response_mapping_;
};

} // namespace loadsim::contract
