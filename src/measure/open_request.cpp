#include "open_request.hpp"

#include "record_format.hpp"

#include <loadsim/base/encoding.hpp>

#include <algorithm>

namespace loadsim::measure {
namespace {

/// Line breaks are kept: JSON escapes them.
std::string escape_bytes(std::string_view bytes) { return escape_for_terminal(bytes, "\t\r\n"); }

} // namespace

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
    std::size_t from = 0;
    for (const auto& m : messages_) {
        records.push_back({.at_ms = instant_ms(m.at, load_start),
                           .to_vehicle = m.to_vehicle,
                           .topic = escape_bytes(text.substr(from, m.topic_end - from)),
                           .payload = escape_bytes(text.substr(m.topic_end, m.payload_end - m.topic_end)),
                           .payload_bytes = m.bytes});
        from = m.payload_end;
    }
    return records;
}

} // namespace loadsim::measure
