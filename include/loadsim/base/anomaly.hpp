// What should never happen: the words that the ledger counts in, and that behaviours on purpose name.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loadsim {

/// What should never happen. The names are those of summary.json. Each thing that went wrong is one anomaly of one kind: the
/// first of this list's sentences that fits it.
enum class anomaly : std::uint8_t {
    command_repeated,     ///< a vehicle got one request's command twice
    command_out_of_order, ///< ... after the command of a later request of that vehicle
    command_late,         ///< ... after the request had ended
    command_lost,       ///< ... never, though it had a session all the while and the platform had accepted the request
    second_active,      ///< a vehicle got another request's command while one of ours was active
    command_unknown,    ///< a vehicle got a command that nobody of ours asked for
    executed_twice,     ///< a vehicle did twice what it was asked for once
    word_lost,          ///< a word that a vehicle sent never came: a gap in its sequence, or timed out in spite of it
    word_repeated,      ///< a word of a vehicle came twice over the broker
    word_out_of_order,  ///< a word of a vehicle came after a later one
    end_repeated,       ///< the platform announced one end twice
    end_contradicted,   ///< ... and not the same one
    observers_disagree, ///< two observers of the run saw different ends of one request
    end_unknown,        ///< an end for a request that is not ours
    end_before_word,    ///< executed or failed was announced before the vehicle had said its last word
    no_end,             ///< an accepted request whose end nobody announced
    malformed_payload,  ///< a command or an event that could not be read
    let_in,             ///< a vehicle whose credentials are wrong got a session
    negative_sample,    ///< a hop that ended before it began
};
inline constexpr std::array<std::string_view, 19> anomaly_names{"command_repeated",   "command_out_of_order",
                                                                "command_late",       "command_lost",
                                                                "second_active",      "command_unknown",
                                                                "executed_twice",     "word_lost",
                                                                "word_repeated",      "word_out_of_order",
                                                                "end_repeated",       "end_contradicted",
                                                                "observers_disagree", "end_unknown",
                                                                "end_before_word",    "no_end",
                                                                "malformed_payload",  "let_in",
                                                                "negative_sample"};
inline constexpr std::size_t anomaly_count = anomaly_names.size();
constexpr std::string_view to_string(anomaly a) { return anomaly_names[static_cast<std::size_t>(a)]; }

constexpr std::optional<anomaly> parse_anomaly(std::string_view name) {
    for (std::size_t i = 0; i < anomaly_count; ++i)
        if (anomaly_names[i] == name) return static_cast<anomaly>(i);
    return std::nullopt;
}

/// Anomalies that somebody means to bring about.
class anomaly_set {
public:
    constexpr bool contains(anomaly a) const { return (bits_ >> static_cast<unsigned>(a) & 1U) != 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr void add(anomaly a) { bits_ |= 1U << static_cast<unsigned>(a); }
    constexpr void add(anomaly_set more) { bits_ |= more.bits_; }
    friend constexpr bool operator==(const anomaly_set&, const anomaly_set&) = default;

private:
    std::uint32_t bits_ = 0;
};

} // namespace loadsim
