#include "mpirun_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace loadsim::cluster {
namespace {

constexpr std::string_view rank_line_prefix = "loadsim: ";
/// mpirun's notice for each signal that it forwards to the ranks.
constexpr std::string_view forwarding_notice = "mpirun: Forwarding signal ";
constexpr std::string_view omission_mark = "[...]\n";
constexpr std::size_t max_line_length = std::size_t{64} << 10; // limit for output without newlines

} // namespace

void mpirun_output::append(std::string_view piece) {
    while (!piece.empty()) {
        const auto newline = piece.find('\n');
        const auto part = piece.substr(0, newline == std::string_view::npos ? newline : newline + 1);
        piece.remove_prefix(part.size());
        line_ += part;
        if (newline != std::string_view::npos || line_.size() >= max_line_length) finish();
    }
}

void mpirun_output::finish() {
    if (line_.empty()) return;
    if (!line_.ends_with('\n')) line_ += '\n';
    dispatch_line(line_);
    line_.clear();
}

void mpirun_output::dispatch_line(std::string_view line) {
    if (line.starts_with(rank_line_prefix)) {
        ranks_wrote_ = true;
        forward_line_(line);
        return;
    }
    if (line.starts_with(forwarding_notice)) return;
    kept_ += line;
    if (kept_.size() <= max_kept) return;
    // Drops whole lines from the middle, a quarter of the limit at once, so that this happens rarely.
    const auto from = kept_.find('\n', max_kept / 4) + 1;
    const auto to = kept_.find('\n', from + max_kept / 4) + 1;
    kept_.replace(from, to == 0 ? std::string::npos : to - from, omission_mark);
}

bool mentions_ranks(std::string_view output) {
    constexpr std::array<std::string_view, 4> patterns{"exited on signal", "process returned\na non-zero exit code",
                                                       "exiting improperly", "*** Process received signal ***"};
    return std::ranges::any_of(
        patterns, [&](std::string_view pattern) { return output.find(pattern) != std::string_view::npos; });
}

bool mentions_signal(std::string_view output, int signal) {
    return output.find(fmt::format("exited on signal {} ", signal)) != std::string_view::npos;
}

} // namespace loadsim::cluster
