#include <loadsim/contract/source.hpp>

#include "utf8.hpp"

#include <algorithm>

namespace loadsim::contract {
namespace {

constexpr std::size_t sample_length = 200;

/// On one line of a terminal: no control characters, no bytes that are no text, and not too long.
std::string shown(std::string_view sample) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string line;
    while (!sample.empty() && line.size() < sample_length) {
        const auto length = utf8_length(sample);
        const auto byte = static_cast<unsigned char>(sample.front());
        if (length == 0 || byte < 0x20 || byte == 0x7f)
            line.append({'\\', 'x', digits[byte >> 4], digits[byte & 15]});
        else
            line += sample.substr(0, length);
        sample.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return sample.empty() ? line : line + "...";
}

} // namespace

void fit::note(std::string_view what, const source& from, bool found, std::string_view sample) {
    auto known = std::ranges::find(counts_, what, &count::what);
    if (known == counts_.end()) {
        count first;
        first.what = what;
        first.source = from.text();
        known = counts_.insert(known, std::move(first));
    }
    if (known->found || known->looked == after) return;
    ++known->looked;
    known->found = found;
    if (!found && known->sample.empty()) known->sample = shown(sample);
}

std::vector<std::string> fit::take() {
    std::vector<std::string> sentences;
    for (auto& one : counts_) {
        if (one.found || one.told || one.looked < after) continue;
        one.told = true;
        sentences.push_back(one.what + ": '" + one.source + "' was in none of the first " + std::to_string(after) +
                            " messages; one of them: " + (one.sample.empty() ? "(empty)" : one.sample));
    }
    return sentences;
}

} // namespace loadsim::contract
