// Event mapping: messages of the platform, or responses of vehicles, to events of requests; and match statistics.
#pragma once

#include <loadsim/base/outcome.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/contract/field_path.hpp>
#include <loadsim/contract/message_parser.hpp>
#include <loadsim/contract/options.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::contract {

/// The message of an event, for records: the beginning of its payload.
struct event_message {
    static constexpr std::size_t max_payload = 4096; ///< bytes: more than is recorded, so that a secret in it is whole
    std::string head;                                ///< topic or path; may be empty
    std::string payload;
    std::uint64_t payload_bytes = 0; ///< of the whole payload

    static event_message of(std::string_view head, std::string_view payload) {
        return {std::string(head), std::string(payload.substr(0, max_payload)), payload.size()};
    }
};

/// Event of one request, extracted from a message of the platform or a response of the vehicle.
struct extracted_event {
    std::string vin; ///< empty: absent
    std::string request_id;
    std::string state; ///< as received
    std::string reason;
    std::uint64_t sequence = 0;             ///< 0: absent
    std::optional<outcome> final_outcome{}; ///< empty: the state is not final
    event_message message{};                ///< set by observers, of final events
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
