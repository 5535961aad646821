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
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::contract {

/// Template symbols that the scenario defines.
struct scenario_symbols {
    std::vector<std::string> data{};     ///< columns of fleet.data
    std::vector<std::string> segment{};  ///< names of segment variables; the same for every segment
    std::vector<std::string> captured{}; ///< by the setup hooks
};

/// Scope of a template: determines the available variables.
enum class template_scope : std::uint8_t {
    identity,  ///< client id, user name, password: vin, index, segment, data
    request,   ///< API request: the above, service, arrival, now, random, captured, webhook.url, brokerApi.url
    poll,      ///< polling request: the same and request.id
    command,   ///< command of the embedded backend: the above
    response,  ///< vehicle response: also all fields of its command
    presence,  ///< identity, state, wake, now, random
    telemetry, ///< identity, seq, now, random
    hook,      ///< setup and teardown hooks: captured, webhook.url, now, random; per-vehicle hooks also identity
};
template_symbols symbols_in(template_scope, const scenario_symbols&, const std::vector<std::string>& parameters);

/// Rendered message, ready to send. The caller owns and reuses the buffers.
struct outgoing_message {
    std::string topic, payload, response_topic, correlation, content_type;
    std::vector<std::pair<std::string, std::string>> user_properties;
    std::uint32_t expiry_s = 0;
    std::optional<std::uint8_t> qos{};
    bool retain = false;
};

class message_template {
public:
    static result<message_template> compile(const message_options&, const template_symbols&,
                                            std::vector<std::string>& pointers, const std::string& option);
    /// Replaces the content of `out`. False: the rendered payload is not valid hex or base64.
    bool compose(const template_values&, outgoing_message& out) const;
    const text_template& topic() const noexcept { return topic_; }

private:
    text_template topic_, response_topic_, correlation_, content_type_;
    payload_template payload_;
    std::vector<std::pair<std::string, text_template>> user_properties_;
    std::uint32_t expiry_s_ = 0;
    std::optional<std::uint8_t> qos_{};
    bool retain_ = false;
};

enum class response_kind : std::uint8_t { ack, running, executed, failed };

/// Threads: const, any.
class message_contract {
public:
    /// Errors: all problems at once, each with its option path ("contract.ack.payload").
    static result<message_contract> compile(const options&, const scenario_symbols& = {});
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
    bool compose_command(const template_values&, outgoing_message& out) const;
    bool compose(response_kind, const template_values&, outgoing_message& out) const;
    bool compose_presence(const template_values&, outgoing_message& out) const;
    bool compose_telemetry(const template_values&, outgoing_message& out) const;
    bool has_telemetry() const noexcept;
    bool has_presence() const noexcept;
    bool has(response_kind) const noexcept; ///< false: vehicles do not send it
    /// Event mapping of vehicle responses, for the embedded backend and response observers.
    const event_mapping& response_mapping() const noexcept { return response_mapping_; }

    /// API request; compose_request() appends to its members.
    struct request_parts {
        std::string path, body;
        std::vector<std::pair<std::string, std::string>> headers;
    };
    bool compose_request(const template_values&, request_parts& out) const;
    const field_path& request_id() const noexcept { return request_id_; }
    /// Parameters in an API request, in the order of options().command.parameters; empty: absent or without a field path.
    /// `topic` of the view: the request's target, without the first '/'; values of its path are decoded. Empty list:
    /// contract.request.parameters names none.
    std::vector<std::string> requested_parameters(const message_view&) const;

    const contract::options& options() const noexcept { return options_; }

private:
    contract::options options_;
    std::vector<std::string> pointers_;
    std::vector<field_path> pointer_paths_;
    text_template filter_, path_;
    std::vector<std::pair<std::string, text_template>> headers_;
    payload_template body_;
    message_template command_, response_templates_[4], presence_, telemetry_;
    field_path id_, service_, request_id_;
    std::vector<field_path> parameters_;
    std::vector<field_path> requested_parameters_;                ///< same order; empty: none has one
    std::vector<std::string> parameter_options_, pointer_labels_; ///< option paths, for match statistics
    event_mapping response_mapping_;
};

} // namespace loadsim::contract
