#include "entry.hpp"

#include "describing.hpp"

#include <algorithm>

namespace loadsim::measure {

void kept_messages::keep(bool to_vehicle, std::string_view topic, std::string_view payload, monotonic_time at) {
    if (!to_vehicle) ++words_;
    if (all_.size() == at_most) return;
    text_ += topic;
    const auto topic_until = static_cast<std::uint32_t>(text_.size());
    text_ += payload.substr(0, payload_shown);
    all_.push_back({at, payload.size(), topic_until, static_cast<std::uint32_t>(text_.size()), to_vehicle});
}

std::vector<message_record> kept_messages::told(monotonic_time load_start) const {
    std::vector<message_record> records;
    records.reserve(all_.size());
    const std::string_view text = text_;
    std::size_t from = 0;
    for (const auto& m : all_) {
        records.push_back({.at_ms = instant_ms(m.at, load_start),
                           .to_vehicle = m.to_vehicle,
                           .topic = as_text(text.substr(from, m.topic_until - from)),
                           .payload = as_text(text.substr(m.topic_until, m.until - m.topic_until)),
                           .bytes = m.bytes});
        from = m.until;
    }
    return records;
}

} // namespace loadsim::measure
