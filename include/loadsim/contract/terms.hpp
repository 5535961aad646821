// A contract, compiled: what vehicles, drivers and observers speak and understand.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/contract/options.hpp>
#include <loadsim/contract/source.hpp>
#include <loadsim/contract/text_template.hpp>
#include <loadsim/contract/variables.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::contract {

/// What the rest of a scenario brings along for templates to name.
struct known_names {
    std::vector<std::string> data{};     ///< columns of fleet.data
    std::vector<std::string> segment{};  ///< variables that every segment has
    std::vector<std::string> captured{}; ///< by the calls before the load
};

/// Where a template stands decides what it may speak of.
enum class place : std::uint8_t {
    identity, ///< client id, user, password: vin, index, segment, data
    request,  ///< at the platform's API: the above, service, arrival, now, random, captured, webhook.url, brokerApi.url
    poll,     ///< the same, and request.id
    command,  ///< the above, for who plays the platform
    word,     ///< of a vehicle: everything of the command it answers, too
    presence, ///< identity, state, wake, now, random
    telemetry, ///< identity, seq, now, random
    call,      ///< before and after the load: captured, webhook.url, now, random; for each vehicle also identity
};
names names_at(place, const known_names&, const std::vector<std::string>& parameters);

/// A message ready to be sent. The texts are the caller's, to be used again.
struct composed {
    std::string topic, payload, response_topic, correlation, content_type;
    std::vector<std::pair<std::string, std::string>> user_properties;
    std::uint32_t expiry_s = 0;
    std::optional<std::uint8_t> qos{};
    bool retain = false;
};

class message_template {
public:
    static result<message_template> compile(const message_options&, const names&, std::vector<std::string>& pointers,
                                            const std::string& place);
    /// Replaces what `out` held. False: the payload could not be made (hex or base64 that is none).
    bool compose(const values&, composed& out) const;
    const text_template& topic() const noexcept { return topic_; }

private:
    text_template topic_, response_topic_, correlation_, content_type_;
    payload_template payload_;
    std::vector<std::pair<std::string, text_template>> user_properties_;
    std::uint32_t expiry_s_ = 0;
    std::optional<std::uint8_t> qos_{};
    bool retain_ = false;
};

enum class word : std::uint8_t { ack, running, executed, failed };

/// Threads: const, any.
class terms {
public:
    /// Errors: all of them at once, each with its place ("contract.ack.payload").
    static result<terms> compile(const options&, const known_names& = {});
    static const terms& of_our_own(); ///< of default options

    /// A command as a vehicle understands it.
    struct order {
        std::string id, service;
        std::vector<std::string> parameters; ///< by options().command.parameters
        std::vector<std::string> pointers;   ///< by command_pointers()
    };
    /// nullopt: it does not say which request it is of.
    std::optional<order> read_command(const heard&, fit* watch) const;
    /// {command:/POINTER} of all templates.
    const std::vector<std::string>& command_pointers() const noexcept { return pointers_; }

    std::string command_filter(const values&) const;
    bool compose_command(const values&, composed& out) const;
    bool compose(word, const values&, composed& out) const;
    bool compose_presence(const values&, composed& out) const;
    bool compose_telemetry(const values&, composed& out) const;
    bool has_telemetry() const noexcept;
    /// What a vehicle's word says, for who takes the platform's place or listens in.
    const reading& words() const noexcept { return words_; }

    /// The request at the API. Appends to what is handed in.
    struct request_parts {
        std::string path, body;
        std::vector<std::pair<std::string, std::string>> headers;
    };
    bool compose_request(const values&, request_parts& out) const;
    const source& request_id() const noexcept { return request_id_; }

    const contract::options& options() const noexcept { return options_; }

private:
    contract::options options_;
    std::vector<std::string> pointers_;
    std::vector<source> pointer_sources_;
    text_template filter_, path_;
    std::vector<std::pair<std::string, text_template>> headers_;
    payload_template body_;
    message_template command_, words_of_[4], presence_, telemetry_;
    source id_, service_, request_id_;
    std::vector<source> parameters_;
    std::vector<std::string> parameter_places_, pointer_places_; ///< in the scenario, for misfits
    reading words_;
};

} // namespace loadsim::contract
