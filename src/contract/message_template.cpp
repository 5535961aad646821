#include <loadsim/contract/message_contract.hpp>

namespace loadsim::contract {

result<message_template> message_template::compile(const message_options& options, const template_symbols& symbols,
                                                   std::vector<std::string>& pointers, const std::string& option) {
    message_template made;
    problems errors;
    const auto assign = [&](auto compiled, auto& out, std::string_view key) {
        if (compiled)
            out = std::move(*compiled);
        else
            for (auto& p : compiled.error().list) errors.add(option + "." + std::string(key), p.text);
    };
    const auto text = [&](const std::string& from, text_template& out, std::string_view key) {
        assign(text_template::compile(from, symbols, pointers), out, key);
    };
    text(options.topic, made.topic_, "topic");
    if (options.topic.empty()) errors.add(option + ".topic", "a message needs a topic");
    if (made.topic_.is_constant() && options.topic.find_first_of("+#") != std::string::npos)
        errors.add(option + ".topic",
                   "'" + options.topic + "' is a filter; a message goes to one topic, without + and #");
    assign(payload_template::compile(options.payload, symbols, pointers), made.payload_, "payload");
    text(options.response_topic, made.response_topic_, "responseTopic");
    text(options.correlation_data, made.correlation_, "correlationData");
    text(options.content_type, made.content_type_, "contentType");
    for (const auto& [name, value] : options.user_properties)
        text(value, made.user_properties_.emplace_back(name, text_template{}).second, "userProperties." + name);
    if (!errors.empty()) return errors;
    made.expiry_s_ = static_cast<std::uint32_t>(options.expiry.count());
    made.qos_ = options.qos;
    made.retain_ = options.retain;
    return made;
}

bool message_template::compose(const template_values& from, outgoing_message& out) const {
    const auto fill = [&](const text_template& what, std::string& into) {
        into.clear();
        what.render(from, into);
    };
    fill(topic_, out.topic);
    fill(response_topic_, out.response_topic);
    fill(correlation_, out.correlation);
    fill(content_type_, out.content_type);
    out.user_properties.resize(user_properties_.size());
    for (std::size_t i = 0; i < user_properties_.size(); ++i) {
        out.user_properties[i].first = user_properties_[i].first;
        fill(user_properties_[i].second, out.user_properties[i].second);
    }
    out.expiry_s = expiry_s_;
    out.qos = qos_;
    out.retain = retain_;
    out.payload.clear();
    return payload_.render(from, out.payload);
}

} // namespace loadsim::contract
