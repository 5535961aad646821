#include "artillery/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace loadsim::scenario::artillery {
namespace {

constexpr std::size_t max_name = 60;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_letter_or_digit(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

} // namespace

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= max_name &&
           std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == '_' || c == '-'; });
}

std::string name_from(std::string_view text, std::string_view otherwise) {
    std::string made;
    for (const char c : text) {
        if (made.size() == max_name) break;
        if (is_letter_or_digit(c) || c == '_' || c == '.')
            made += c;
        else if (!made.empty() && made.back() != '-')
            made += '-';
    }
    while (made.ends_with('-') || made.ends_with('.')) made.pop_back();
    const auto first = std::ranges::find_if(made, is_letter);
    made.erase(made.begin(), first);
    return made.empty() ? std::string(otherwise) : made;
}

std::string unique_name(const std::string& name, const std::vector<std::string>& taken) {
    auto made = name;
    for (int n = 2; std::ranges::count(taken, made) != 0; ++n) made = fmt::format("{}-{}", name, n);
    return made;
}

} // namespace loadsim::scenario::artillery
