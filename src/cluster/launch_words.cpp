#include "launch_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace loadsim::cluster {
namespace {

constexpr std::string_view our_mark = "loadsim: ";
/// What mpirun says of each signal that we send it for the ranks.
constexpr std::string_view forwarding = "mpirun: Forwarding signal ";
constexpr std::string_view left_out = "[...]\n";
constexpr std::size_t longest_line = std::size_t{64} << 10; // of somebody who writes no newlines

} // namespace

void launch_words::take(std::string_view piece) {
    while (!piece.empty()) {
        const auto newline = piece.find('\n');
        const auto part = piece.substr(0, newline == std::string_view::npos ? newline : newline + 1);
        piece.remove_prefix(part.size());
        line_ += part;
        if (newline != std::string_view::npos || line_.size() >= longest_line) end();
    }
}

void launch_words::end() {
    if (line_.empty()) return;
    if (!line_.ends_with('\n')) line_ += '\n';
    sort(line_);
    line_.clear();
}

void launch_words::sort(std::string_view line) {
    if (line.starts_with(our_mark)) {
        ranks_spoke_ = true;
        pass_on_(line);
        return;
    }
    if (line.starts_with(forwarding)) return;
    kept_ += line;
    if (kept_.size() <= kept_at_most) return;
    // A quarter at once, from the middle, in whole lines, so that this is rare.
    const auto from = kept_.find('\n', kept_at_most / 4) + 1;
    const auto to = kept_.find('\n', from + kept_at_most / 4) + 1;
    kept_.replace(from, to == 0 ? std::string::npos : to - from, left_out);
}

bool tells_of_ranks(std::string_view words) {
    constexpr std::array<std::string_view, 4> signs{"exited on signal", "process returned\na non-zero exit code",
                                                    "exiting improperly", "*** Process received signal ***"};
    return std::ranges::any_of(signs,
                               [&](std::string_view sign) { return words.find(sign) != std::string_view::npos; });
}

bool tells_of_signal(std::string_view words, int signal) {
    return words.find(fmt::format("exited on signal {} ", signal)) != std::string_view::npos;
}

} // namespace loadsim::cluster
