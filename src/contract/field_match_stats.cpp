#include <loadsim/contract/field_path.hpp>

#include <loadsim/base/encoding.hpp>

#include <algorithm>

namespace loadsim::contract {
namespace {

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

} // namespace loadsim::contract
