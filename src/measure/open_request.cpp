#include "open_request.hpp"

#include "record_format.hpp"

#include <loadsim/base/encoding.hpp>

#include <algorithm>

namespace loadsim::measure {

void message_log::add(bool to_vehicle, std::string_view topic, std::string_view payload, monotonic_time at) {
    if (!to_vehicle) ++response_count_;
    if (messages_.size() == max_messages) return;
    text_ += topic;
    const auto topic_end = static_cast<std::uint32_t>(text_.size());
    text_ += payload.substr(0, max_payload_bytes);
    messages_.push_back({at, payload.size(), topic_end, static_cast<std::uint32_t>(text_.size()), to_vehicle});
}

std::vector<message_record> message_log::to_records(monotonic_time load_start) const {
    std::vector<message_record> records;
    records.reserve(messages_.size());
    const std::string_view text = text_;
    constexpr std::string_view allowed = "\t\r\n"; // JSON escapes them
    std::size_t from = 0;
    for (const auto& m : messages_) {
        records.push_back(
            {.at_ms = instant_ms(m.at, load_start),
             .to_vehicle = m.to_vehicle,
             .topic = escape_for_terminal(text.substr(from, m.topic_end - from), allowed),
             .payload = escape_for_terminal(text.substr(m.topic_end, m.payload_end - m.topic_end), allowed),
             .payload_bytes = m.bytes});
        from = m.payload_end;
    }
    return records;
}

} // namespace loadsim::measure
