#include <loadsim/contract/field_path.hpp>

#include "utf8.hpp"

#include <algorithm>

namespace loadsim::contract {
namespace {

constexpr std::size_t max_example_length = 200;

/// Escapes control characters and invalid UTF-8 for one terminal line, and truncates to sample_length bytes.
std::string escape_for_terminal(std::string_view message) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string line;
    while (!message.empty() && line.size() < max_example_length) {
        const auto length = utf8_length(message);
        const auto byte = static_cast<unsigned char>(message.front());
        if (length == 0 || byte < 0x20 || byte == 0x7f)
            line.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
        else
            line += message.substr(0, length);
        message.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return message.empty() ? line : line + "...";
}

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
    if (!found && entry->example.empty()) entry->example = escape_for_terminal(message);
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

} // namespace loadsim::contract
