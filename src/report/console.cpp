#include <loadsim/base/encoding.hpp>
#include <loadsim/base/output.hpp>
#include <loadsim/report/console.hpp>

#include "text_format.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

namespace loadsim::report {
namespace {

using measure::progress;
using measure::stage;

/// One figure of the progress line.
struct field {
    std::string text;
    int drop_order; ///< fields with the highest number are dropped first; 0: never dropped
};

double completed_fraction(const progress& p) {
    if (p.current_stage == stage::draining || p.current_stage == stage::done) return 1;
    const double fraction =
        p.current_stage == stage::connecting
            ? static_cast<double>(p.sessions_online) / std::max(1.0, static_cast<double>(p.sessions_planned))
            : static_cast<double>(p.load_elapsed.count()) / std::max(1.0, static_cast<double>(p.load_duration.count()));
    return std::clamp(fraction, 0.0, 1.0);
}

std::string stage_text(const progress& p, const measure::labels& labels) {
    const bool in_phase =
        p.current_stage == stage::load && p.phase < labels.phases.size() && !labels.phases[p.phase].empty();
    return in_phase ? escape_for_terminal(labels.phases[p.phase]) : std::string(to_string(p.current_stage));
}

std::string elapsed_text(const progress& p) {
    if (p.current_stage != stage::load) return human_elapsed(p.elapsed);
    return human_elapsed(p.load_elapsed) + ", " +
           human_elapsed(std::max(nanoseconds(0), p.load_duration - p.load_elapsed)) + " left";
}

std::vector<field> fields(const progress& p) {
    const auto& sum = p.cumulative != nullptr ? *p.cumulative : p.interval;
    std::vector<field> all;
    const auto online = human_count(p.sessions_online);
    all.push_back({(p.sessions_online == p.sessions_planned ? online : online + "/" + human_count(p.sessions_planned)) +
                       " online",
                   p.current_stage == stage::connecting ? 0 : 4});
    if (p.current_stage == stage::connecting) {
        all.push_back({human_count(sum.sessions.refused) + " refused", 1});
        return all;
    }
    if (p.current_stage == stage::load) {
        const double sent = p.interval_s > 0 ? static_cast<double>(p.interval.requests.sent) / p.interval_s : 0;
        all.push_back({human_rate(sent) + " of " + human_rate(p.target_rate), 1});
    }
    const auto e2e = p.interval.latencies.select(measure::hop::e2e);
    const auto latency_text = [&](double percent) {
        return e2e.empty() ? "-" : human_latency(e2e.percentile(percent));
    };
    all.push_back({"p50 " + latency_text(50), 3});
    all.push_back({"p99 " + latency_text(99), 2});
    all.push_back({human_count(p.in_flight) + " in flight", p.current_stage == stage::draining ? 0 : 5});
    if (p.waiting != 0) all.push_back({human_count(p.waiting) + " waiting for a connection", 3});
    all.push_back({human_count(sum.requests.unexpected) + " unexpected", 0});
    return all;
}

std::string join(const std::vector<field>& all) {
    std::string text;
    for (const auto& f : all) text += "  " + f.text;
    return text;
}

std::string bar(double done, std::size_t width) {
    const auto full = static_cast<std::size_t>(std::floor(done * static_cast<double>(width)));
    std::string line(full, '=');
    if (full < width) line += '>' + std::string(width - full - 1, ' ');
    return '[' + line + ']';
}

unsigned width_of(std::FILE* out) {
    winsize size{};
    if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

} // namespace

std::string progress_line(const progress& p, const measure::labels& labels, unsigned columns) {
    auto shown = fields(p);
    const double done = completed_fraction(p);
    if (columns == 0)
        return fmt::format("{} {:.0f} %  {}{}", stage_text(p, labels), std::floor(done * 100), elapsed_text(p),
                           join(shown));

    constexpr std::size_t min_bar_columns = 8, max_bar_columns = 30;
    // Limits a long phase name, so that the numbers stay visible.
    const auto head =
        std::string(truncate_to_width(stage_text(p, labels), std::max<std::size_t>(columns / 5, 10))) + ' ';
    const auto used_columns = [&] {
        return display_width(head) + 2 + 1 + elapsed_text(p).size() + display_width(join(shown));
    };
    while (used_columns() + min_bar_columns > columns) {
        const auto dropped = std::ranges::max_element(shown, {}, &field::drop_order);
        if (dropped == shown.end() || dropped->drop_order == 0) break;
        shown.erase(dropped);
    }
    const auto tail = elapsed_text(p) + join(shown);
    if (used_columns() + min_bar_columns > columns) return std::string(truncate_to_width(head + tail, columns));
    return head + bar(done, std::min(max_bar_columns, columns - used_columns())) + ' ' + tail;
}

terminal terminal_of(std::FILE* out) {
    const char* term = std::getenv("TERM");
    return {.takes_escape_codes = ::isatty(::fileno(out)) == 1 && term != nullptr && std::string_view(term) != "dumb",
            .columns = {}};
}

bool wants_colour(const terminal& to) {
    const char* no_colour = std::getenv("NO_COLOR");
    return to.takes_escape_codes && (no_colour == nullptr || *no_colour == '\0');
}

console::console(std::FILE* out, bool quiet, terminal to, std::chrono::seconds plain_interval)
    : out_(out), quiet_(quiet), terminal_(to), plain_interval_(plain_interval) {}

void console::show(const measure::progress& p, const measure::labels& labels) {
    if (quiet_) return;
    if (terminal_.takes_escape_codes)
        redraw(p, labels);
    else
        print_plain_line(p, labels);
}

void console::redraw(const measure::progress& p, const measure::labels& labels) {
    if (p.current_stage == measure::stage::done) { // the summary replaces the live line
        if (std::exchange(line_open_, false)) std::fputs("\r\x1b[K", out_);
        return;
    }
    // One column stays free: some terminals wrap when the last column is written.
    const auto columns = terminal_.columns.value_or(width_of(out_));
    const auto line = progress_line(p, labels, std::max(2U, columns) - 1);
    std::fputs(("\r" + line + "\x1b[K").c_str(), out_);
    flush_output(out_);
    line_open_ = true;
}

void console::print_plain_line(const measure::progress& p, const measure::labels& labels) {
    pending_.add(p.interval);
    pending_s_ += p.interval_s;
    if (p.current_stage == measure::stage::done) return; // the summary comes next
    if (last_line_at_ && p.current_stage == last_line_stage_ && p.elapsed - *last_line_at_ < plain_interval_) return;
    auto shown = p;
    shown.interval = std::exchange(pending_, {});
    shown.interval_s = std::exchange(pending_s_, 0.0);
    last_line_at_ = p.elapsed;
    last_line_stage_ = p.current_stage;
    std::fputs((progress_line(shown, labels, 0) + '\n').c_str(), out_);
    flush_output(out_);
}

void console::print(const std::string& text) {
    if (std::exchange(line_open_, false)) std::fputc('\n', out_);
    std::fputs(text.c_str(), out_);
    flush_output(out_);
}

} // namespace loadsim::report
