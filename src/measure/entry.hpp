// A request while it is open.
#pragma once

#include "touches.hpp"

#include <loadsim/measure/ledger.hpp>
#include <loadsim/measure/record.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loadsim::measure {

/// Messages as they came, close together: all are kept while a request is open, few are ever told.
class kept_messages {
public:
    /// Beyond so many of one request nothing is kept.
    static constexpr std::size_t at_most = 256;

    void keep(bool to_vehicle, std::string_view topic, std::string_view payload, monotonic_time);
    std::vector<message_record> told(monotonic_time load_start) const;
    std::uint32_t words() const noexcept { return words_; } ///< how many the vehicle sent

private:
    struct one {
        monotonic_time at;
        std::uint64_t bytes;       ///< of the payload
        std::uint32_t topic_until; ///< in text_; from where the message before ends
        std::uint32_t until;
        bool to_vehicle;
    };
    std::vector<one> all_;
    std::string text_;
    std::uint32_t words_ = 0;
};

/// What vehicle and platform have shown of one id.
struct trace {
    std::string request; ///< the platform's id; empty until somebody shows it
    monotonic_time delivered = never, acked = never, finished = never, executed = never;
    std::optional<outcome> end{}; ///< announced
    std::string reason{};
    monotonic_time observed = never;
    std::uint32_t seen_by = 0; ///< observers that told the end, a bit each
    std::uint32_t heard = 0; ///< words that came over the broker
    kept_messages messages{};
};

struct entry {
    due_request plan; ///< what is expected and provoked is widened by the conditions that touch it
    monotonic_time sent = never, accepted = never;
    /// While the platform's answer is on its way nobody knows the id: the first new one that shows is taken for it, the others
    /// are kept beside it, and the answer decides.
    trace own{};
    std::vector<trace> others{};
    bool away = false;                       ///< its vehicle could not hear, at least for a while
    std::vector<std::uint32_t> conditions{}; ///< that touched it
    anomaly_set had{};

    void touched(const touch& t) {
        plan.expected.add(t.expected);
        plan.provokes.add(t.provokes);
        if (std::ranges::find(conditions, t.condition) == conditions.end()) conditions.push_back(t.condition);
    }
};

} // namespace loadsim::measure
