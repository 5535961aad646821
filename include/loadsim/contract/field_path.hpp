// Field paths (JSON pointer, topic level, user property, header), message parsing and event mapping.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/contract/options.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::contract {

/// Views of one received MQTT or HTTP message.
struct message_view {
    std::string_view topic{};
    std::string_view payload{};
    std::string_view correlation{};
    /// Returns a user property (MQTT 5) or header (HTTP) by name; empty: absent. Empty function: the message has none.
    std::function<std::string_view(std::string_view name)> property{};
};

/// Compiled path of one field: "/pointer" (RFC 6901), "topic[n]", "payload", "correlation", "property:NAME", "header:NAME".
class field_path {
public:
    enum class kind : std::uint8_t { none, pointer, topic_level, payload, correlation, property };
    /// Empty text: kind::none. Errors: one sentence.
    static result<field_path> parse(std::string_view text);
    kind type() const noexcept { return type_; }
    const std::string& text() const noexcept { return text_; } ///< as configured
    std::uint32_t level() const noexcept { return level_; }
    const std::vector<std::string>& tokens() const noexcept { return tokens_; } ///< of a JSON pointer, unescaped
    std::string_view name() const noexcept;                                     ///< of a property or header

private:
    std::string text_;
    std::vector<std::string> tokens_;
    std::uint32_t level_ = 0;
    kind type_ = kind::none;
};

inline constexpr std::size_t payload_limit = 64 * 1024; ///< bytes of a payload that is parsed

/// Extracts fields from one message, which must outlive the parser. The JSON payload is parsed once, on the first JSON pointer.
/// Safe for untrusted input: more than payload_limit bytes are not parsed; nesting depth is limited.
class message_parser {
public:
    explicit message_parser(const message_view&);
    ~message_parser();
    message_parser(const message_parser&) = delete;
    message_parser& operator=(const message_parser&) = delete;

    /// Writes the field as text: numbers and booleans in decimal and as true/false, objects and arrays as JSON. False: absent or null.
    bool extract(const field_path&, std::string& out);
    /// Items of a JSON array, each as JSON text; nullopt: absent, not an array, or more than payload_limit bytes.
    std::optional<std::vector<std::string>> extract_items(const field_path&);
    bool is_json(); ///< whether the payload is JSON

private:
    struct parsed_json; // hides Boost.JSON from this header
    parsed_json& json();

    const message_view& message_;
    parsed_json* parsed_json_ = nullptr;
    alignas(std::max_align_t)
        std::array<std::byte, 3400> storage_; // storage of *parsed_: typical payloads need no heap allocation
};

/// Event of one request, extracted from a message of the platform or a response of the vehicle.
struct extracted_event {
    std::string vin; ///< empty: absent
    std::string request_id;
    std::string state; ///< as received
    std::string reason;
    std::uint64_t sequence = 0;             ///< 0: absent
    std::optional<outcome> final_outcome{}; ///< empty: the state is not final
};

/// Match statistics of the contract's field paths: finds fields that no message contains.
/// Threads: one.
class field_match_stats {
public:
    static constexpr std::uint32_t sample_size = 20; ///< messages per field
    /// `option`: option path of the field, such as "contract.command.id".
    void record(std::string_view option, const field_path&, bool found, std::string_view example);
    /// Returns fields absent from their first 20 messages, one sentence each with an example message. Reports each field once.
    std::vector<std::string> take_unmatched();

private:
    struct field {
        std::string option, path;
        std::uint32_t messages = 0; ///< messages inspected; counting stops at the first match or at the limit
        bool found = false;
        bool reported = false;
        std::string example;
    };
    std::vector<field> fields_;
};

/// Compiled event_mapping_options: maps messages to events. Threads: const, any.
class event_mapping {
public:
    /// `option`: option path in the scenario, for problems and match statistics.
    static result<event_mapping> compile(const event_mapping_options&, std::string option);
    /// nullopt: an id path is configured but the message has no id. Without an id path, `request_id` is empty.
    /// `stats`: records matches; may be null. A missing reason counts only for unsuccessful outcomes; a missing sequence never counts:
    /// contracts without them are valid.
    std::optional<extracted_event> extract(const message_view&, field_match_stats* stats) const;
    /// Extracts one event per item of the batch, or one event without a batch path. An item (as JSON text) replaces the payload; the other
    /// parts of the message are shared. Without the expected list, calls `on_event` with the message and nullopt.
    void
    extract_each(const message_view&, field_match_stats* stats,
                 const std::function<void(const message_view& one, std::optional<extracted_event>)>& on_event) const;
    std::optional<outcome> outcome_of(std::string_view state) const;
    bool has_vin() const noexcept { return vin_.type() != field_path::kind::none; }
    bool has_id() const noexcept { return id_.type() != field_path::kind::none; }

private:
    field_path batch_path_, id_, vin_, reason_, sequence_;
    std::vector<field_path> state_;
    std::vector<std::pair<std::string, outcome>> exact_;
    std::vector<std::pair<std::string, outcome>> prefixes_; ///< longest first
    std::string batch_option_, id_option_, vin_option_, state_option_,
        reason_option_; ///< option paths, such as "contract.responses.id"
};

} // namespace loadsim::contract
