#include <loadsim/contract/source.hpp>

#include "list_items.hpp"

#include <algorithm>
#include <charconv>

namespace loadsim::contract {
namespace {

/// What a topic level was looked for in is the topic.
std::string_view sample_of(const heard& message, const source& from) {
    return from.what() == source::kind::topic_level ? message.topic : message.payload;
}

} // namespace

result<reading> reading::compile(const reading_options& options, std::string place) {
    reading made;
    problems wrong;
    const auto parse = [&](const std::string& text, const std::string& where, source& out) {
        auto parsed = source::parse(text);
        if (parsed)
            out = std::move(*parsed);
        else
            wrong.add(where, parsed.error().list.front().text);
    };
    made.each_place_ = place + ".each";
    made.id_place_ = place + ".id";
    made.vin_place_ = place + ".vin";
    made.state_place_ = place + ".state";
    made.reason_place_ = place + ".reason";
    parse(options.each, made.each_place_, made.each_);
    parse(options.id, made.id_place_, made.id_);
    parse(options.vin, made.vin_place_, made.vin_);
    parse(options.reason, made.reason_place_, made.reason_);
    parse(options.sequence, place + ".sequence", made.sequence_);
    for (const auto& text : options.state) parse(text, made.state_place_, made.state_.emplace_back());
    if (options.state.empty())
        wrong.add(made.state_place_, "nothing says where a message says its state; write /state");

    const auto ends = place + ".ends";
    for (const auto& [what, texts] : options.ends) {
        if (what != outcome::executed && what != outcome::failed && what != outcome::timed_out)
            wrong.add(ends, "an end is executed, failed or timed_out, not " + std::string(to_string(what)));
        for (const auto& text : texts) {
            const bool is_prefix = text.ends_with('*');
            auto& list = is_prefix ? made.prefixes_ : made.exact_;
            auto stem = is_prefix ? text.substr(0, text.size() - 1) : text;
            if (text.empty()) wrong.add(ends, "an empty text is no state");
            if (std::ranges::any_of(list, [&](const auto& other) { return other.first == stem; }))
                wrong.add(ends, "'" + text + "' is there twice; a state has one meaning");
            list.emplace_back(std::move(stem), what);
        }
    }
    if (made.exact_.empty() && made.prefixes_.empty())
        wrong.add(ends, "no state is an end; write, say, {executed: DONE, failed: ERROR*}");
    std::ranges::stable_sort(made.prefixes_,
                             [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    if (!wrong.empty()) return wrong;
    return made;
}

std::optional<said> reading::read(const heard& message, fit* watch) const {
    message_reader from(message);
    said made;
    const auto look = [&](const source& where, std::string& out, const std::string& place) {
        const bool found = from.read(where, out) && !out.empty();
        if (watch != nullptr && where.what() != source::kind::none)
            watch->note(place, where, found, sample_of(message, where));
        return found;
    };
    if (!look(id_, made.request, id_place_) && says_id()) return std::nullopt;
    look(vin_, made.vin, vin_place_);

    std::string text;
    bool has_state = false;
    for (std::size_t i = 0; i < state_.size(); ++i) {
        if (i != 0) made.state += ' ';
        text.clear();
        if (!from.read(state_[i], text)) continue;
        has_state = true;
        made.state += text;
    }
    made.state.resize(made.state.find_last_not_of(' ') + 1);
    if (watch != nullptr && !state_.empty())
        watch->note(state_place_, state_.front(), has_state, sample_of(message, state_.front()));

    made.end = end_of(made.state);
    const bool needs_reason = made.end && *made.end != outcome::executed;
    if (needs_reason)
        look(reason_, made.reason, reason_place_);
    else
        from.read(reason_, made.reason);

    if (text.clear(); from.read(sequence_, text)) {
        const auto* last = text.data() + text.size();
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), last, number);
        if (error == std::errc{} && end == last) made.sequence = number;
    }
    return made;
}

void reading::read_each(const heard& message, fit* watch,
                        const std::function<void(const heard&, std::optional<said>)>& tell) const {
    if (each_.what() == source::kind::none) return tell(message, read(message, watch));
    std::string list;
    auto items = message_reader(message).read(each_, list) ? list_items(list) : std::nullopt;
    if (watch != nullptr) watch->note(each_place_, each_, items.has_value(), sample_of(message, each_));
    if (!items) return tell(message, std::nullopt);
    for (const auto& item : *items) {
        auto one = message;
        one.payload = item;
        tell(one, read(one, watch));
    }
}

std::optional<outcome> reading::end_of(std::string_view state) const {
    for (const auto& [text, what] : exact_)
        if (text == state) return what;
    for (const auto& [begin, what] : prefixes_)
        if (state.starts_with(begin)) return what;
    return std::nullopt;
}

} // namespace loadsim::contract
