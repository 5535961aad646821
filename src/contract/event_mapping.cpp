#include <loadsim/contract/event_mapping.hpp>

#include <loadsim/base/encoding.hpp>

#include <algorithm>
#include <charconv>

namespace loadsim::contract {
namespace {

/// Example for the match statistics: the topic for a topic level, else the payload.
std::string_view example_of(const message_view& message, const field_path& from) {
    return from.type() == field_path::kind::topic_level ? message.topic : message.payload;
}

constexpr std::size_t max_example_length = 200; // bytes

} // namespace

void field_match_stats::record(std::string_view option, const field_path& from, bool found, std::string_view message) {
    auto entry = std::ranges::find(fields_, option, &field::option);
    if (entry == fields_.end()) {
        field first;
        first.option = option;
        first.path = from.text();
        entry = fields_.insert(entry, std::move(first));
    }
    if (entry->found || entry->messages == sample_size) return;
    ++entry->messages;
    entry->found = found;
    if (!found && entry->example.empty()) entry->example = excerpt(message, max_example_length);
}

std::vector<std::string> field_match_stats::take_unmatched() {
    std::vector<std::string> sentences;
    for (auto& one : fields_) {
        if (one.found || one.reported || one.messages < sample_size) continue;
        one.reported = true;
        sentences.push_back(one.option + ": '" + one.path + "' was in none of the first " +
                            std::to_string(sample_size) +
                            " messages; one of them: " + (one.example.empty() ? "(empty)" : one.example));
    }
    return sentences;
}

result<event_mapping> event_mapping::compile(const event_mapping_options& options, std::string option) {
    event_mapping made;
    problems errors;
    const auto parse = [&](const std::string& text, const std::string& where, field_path& out) {
        auto parsed = field_path::parse(text);
        if (parsed)
            out = std::move(*parsed);
        else
            errors.add(where, parsed.error().list.front().text);
    };
    made.batch_option_ = option + ".each";
    made.id_option_ = option + ".id";
    made.vin_option_ = option + ".vin";
    made.state_option_ = option + ".state";
    made.reason_option_ = option + ".reason";
    parse(options.batch_path, made.batch_option_, made.batch_path_);
    parse(options.id, made.id_option_, made.id_);
    parse(options.vin, made.vin_option_, made.vin_);
    parse(options.reason, made.reason_option_, made.reason_);
    parse(options.sequence, option + ".sequence", made.sequence_);
    for (const auto& text : options.state) parse(text, made.state_option_, made.state_.emplace_back());
    if (options.state.empty()) errors.add(made.state_option_, "where does a message hold its state? write /state");

    const auto ends = option + ".ends";
    for (const auto& [what, texts] : options.outcomes) {
        if (what != outcome::executed && what != outcome::failed && what != outcome::timed_out)
            errors.add(ends, "an end is executed, failed or timed_out, not " + std::string(to_string(what)));
        for (const auto& text : texts) {
            const bool is_prefix = text.ends_with('*');
            auto& list = is_prefix ? made.prefixes_ : made.exact_;
            auto stem = is_prefix ? text.substr(0, text.size() - 1) : text;
            if (text.empty()) errors.add(ends, "an empty text is no state");
            if (std::ranges::any_of(list, [&](const auto& other) { return other.first == stem; }))
                errors.add(ends, "'" + text + "' is there twice; a state has one meaning");
            list.emplace_back(std::move(stem), what);
        }
    }
    if (made.exact_.empty() && made.prefixes_.empty())
        errors.add(ends, "no state is an end; write, say, {executed: DONE, failed: ERROR*}");
    std::ranges::stable_sort(made.prefixes_,
                             [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    if (!errors.empty()) return errors;
    return made;
}

std::optional<extracted_event> event_mapping::extract(const message_view& message, field_match_stats* stats) const {
    message_parser from(message);
    extracted_event made;
    const auto extract_field = [&](const field_path& where, std::string& out, const std::string& option) {
        const bool found = from.extract(where, out) && !out.empty();
        if (stats != nullptr && where.type() != field_path::kind::none)
            stats->record(option, where, found, example_of(message, where));
        return found;
    };
    if (!extract_field(id_, made.request_id, id_option_) && has_id()) return std::nullopt;
    extract_field(vin_, made.vin, vin_option_);

    std::string text;
    bool has_state = false;
    for (std::size_t i = 0; i < state_.size(); ++i) {
        if (i != 0) made.state += ' ';
        text.clear();
        if (!from.extract(state_[i], text)) continue;
        has_state = true;
        made.state += text;
    }
    made.state.resize(made.state.find_last_not_of(' ') + 1);
    if (stats != nullptr && !state_.empty() && state_.front().type() != field_path::kind::none)
        stats->record(state_option_, state_.front(), has_state, example_of(message, state_.front()));

    made.final_outcome = outcome_of(made.state);
    const bool needs_reason = made.final_outcome && *made.final_outcome != outcome::executed;
    if (needs_reason)
        extract_field(reason_, made.reason, reason_option_);
    else
        from.extract(reason_, made.reason);

    if (text.clear(); from.extract(sequence_, text)) {
        const auto* last = text.data() + text.size();
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), last, number);
        if (error == std::errc{} && end == last) made.sequence = number;
    }
    return made;
}

void event_mapping::extract_each(
    const message_view& message, field_match_stats* stats,
    const std::function<void(const message_view&, std::optional<extracted_event>)>& on_event) const {
    if (batch_path_.type() == field_path::kind::none) return on_event(message, extract(message, stats));
    const auto items = message_parser(message).extract_items(batch_path_);
    if (stats != nullptr)
        stats->record(batch_option_, batch_path_, items.has_value(), example_of(message, batch_path_));
    if (!items) return on_event(message, std::nullopt);
    for (const auto& item : *items) {
        auto one = message;
        one.payload = item;
        on_event(one, extract(one, stats));
    }
}

std::optional<outcome> event_mapping::outcome_of(std::string_view state) const {
    for (const auto& [text, what] : exact_)
        if (text == state) return what;
    for (const auto& [begin, what] : prefixes_)
        if (state.starts_with(begin)) return what;
    return std::nullopt;
}

} // namespace loadsim::contract
