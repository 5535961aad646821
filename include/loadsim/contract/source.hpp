// Where a message says something: a JSON pointer, a level of its topic, a property, a header.
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

/// A message that came, of MQTT or HTTP; views.
struct heard {
    std::string_view topic{};
    std::string_view payload{};
    std::string_view correlation{};
    /// User properties (MQTT 5) or headers (HTTP), by name; the second is empty where there is none. Empty function: none at all.
    std::function<std::string_view(std::string_view name)> named{};
};

/// One place, compiled. "/pointer" (RFC 6901), "topic[n]", "payload", "correlation", "property:NAME", "header:NAME".
class source {
public:
    enum class kind : std::uint8_t { none, pointer, topic_level, payload, correlation, named };
    /// Empty text: a source that is nowhere. Errors: one sentence.
    static result<source> parse(std::string_view text);
    kind what() const noexcept { return what_; }
    const std::string& text() const noexcept { return text_; } ///< as written
    std::uint32_t level() const noexcept { return level_; }
    const std::vector<std::string>& tokens() const noexcept { return tokens_; } ///< of a pointer, unescaped
    std::string_view name() const noexcept;                                     ///< of a property or header

private:
    std::string text_;
    std::vector<std::string> tokens_;
    std::uint32_t level_ = 0;
    kind what_ = kind::none;
};

/// Reads sources out of one message, which must outlive it: its JSON is parsed once, and only when a pointer asks for it.
/// Hostile input is safe: over payload_limit bytes it is not parsed, and nesting is limited.
class message_reader {
public:
    explicit message_reader(const heard&);
    ~message_reader();
    message_reader(const message_reader&) = delete;
    message_reader& operator=(const message_reader&) = delete;

    /// Its text; numbers and booleans as theirs, objects and arrays as JSON, null as if it were not there. False: not there.
    bool read(const source&, std::string& out);
    bool is_json(); ///< its payload is

private:
    struct parsed; // Boost.JSON's, inside
    parsed& json();

    const heard& message_;
    parsed* parsed_ = nullptr;
    alignas(
        std::max_align_t) std::array<std::byte, 3400> room_; // of *parsed_: a usual payload is read without the heap
};

/// What a message of the platform, or a vehicle's word, says of a request.
struct said {
    std::string vin; ///< empty: not said
    std::string request;
    std::string state; ///< as it was said
    std::string reason;
    std::uint64_t sequence = 0;   ///< 0: not said
    std::optional<outcome> end{}; ///< empty: a state that is no end
};

/// Whether the sources of a contract fit what comes: which ones have never been found.
/// Threads: one.
class fit {
public:
    static constexpr std::uint32_t after = 20; ///< messages
    /// `what`: the contract's place, such as "contract.command.id".
    void note(std::string_view what, const source&, bool found, std::string_view sample);
    /// What has never been found in the first 20 messages, one sentence each with a message shown; each is told once.
    std::vector<std::string> take();

private:
    struct count {
        std::string what, source;
        std::uint32_t looked = 0; ///< until it was found, or enough were seen
        bool found = false;
        bool told = false;
        std::string sample;
    };
    std::vector<count> counts_;
};

/// reading_options, compiled. Threads: const, any.
class reading {
public:
    /// `place`: of its options in the scenario, for problems and misfits.
    static result<reading> compile(const reading_options&, std::string place);
    /// nullopt: no id in it, although the options say where; with options that say nowhere, `request` is empty.
    /// `watch`: is told what was looked for and found; may be null. A reason is looked for in what is no success only, and a
    /// sequence is not missed: there are good contracts without.
    std::optional<said> read(const heard&, fit* watch) const;
    /// The same for each item of the list that the options name (as JSON text; the rest of the message is everyone's), or for the one
    /// message. Where there should be a list and is none, `tell` is called with the message and nullopt.
    void read_each(const heard&, fit* watch,
                   const std::function<void(const heard& one, std::optional<said>)>& tell) const;
    std::optional<outcome> end_of(std::string_view state) const;
    bool says_vin() const noexcept { return vin_.what() != source::kind::none; }
    bool says_id() const noexcept { return id_.what() != source::kind::none; }

private:
    source each_, id_, vin_, reason_, sequence_;
    std::vector<source> state_;
    std::vector<std::pair<std::string, outcome>> exact_;
    std::vector<std::pair<std::string, outcome>> prefixes_;                      ///< longest first
    std::string each_place_, id_place_, vin_place_, state_place_, reason_place_; ///< "contract.words.id"
};

} // namespace loadsim::contract
