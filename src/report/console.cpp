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

/// One part of the progress line.
struct field {
    std::string text;
    int drop_order; ///< fields with the highest number are dropped first; 0: never dropped
    std::string_view separator = "  ";
};

/// The bar is dropped like a field: after those of a higher number.
constexpr int bar_drop_order = 5;

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

/// Time until the end of the run. The drain ends when nothing is in flight any more, so that only its limit is known; empty: unknown.
std::string time_left_text(const progress& p) {
    const auto drain_left = std::max(nanoseconds(0), p.drain_limit - p.drain_elapsed);
    if (p.current_stage == stage::draining && p.drain_limit > nanoseconds(0))
        return "up to " + human_elapsed(drain_left) + " left";
    if (p.current_stage != stage::load) return "";
    const auto load_left = std::max(nanoseconds(0), p.load_duration - p.load_elapsed);
    auto text = human_elapsed(load_left);
    if (const auto longest = human_elapsed(load_left + drain_left); longest != text) text += " to " + longest;
    return text + " left";
}

std::vector<field> fields(const progress& p) {
    const auto& sum = p.cumulative != nullptr ? *p.cumulative : p.interval;
    std::vector<field> all{{human_elapsed(p.current_stage == stage::load ? p.load_elapsed : p.elapsed), 4}};
    if (auto left = time_left_text(p); !left.empty()) all.push_back({std::move(left), 2, ", "});
    const auto online = human_count(p.sessions_online);
    all.push_back({(p.sessions_online == p.sessions_planned ? online : online + "/" + human_count(p.sessions_planned)) +
                       " online",
                   p.current_stage == stage::connecting ? 0 : 8});
    if (p.current_stage == stage::connecting) {
        all.push_back({human_count(sum.sessions.refused) + " refused", 1});
        return all;
    }
    if (p.current_stage == stage::load) {
        const double sent = p.interval_s > 0 ? static_cast<double>(p.interval.requests.sent) / p.interval_s : 0;
        all.push_back({human_rate(sent), 1});
        all.push_back({"of " + human_rate(p.target_rate), 3, " "});
    }
    const auto e2e = p.interval.latencies.select(measure::hop::e2e);
    const auto latency_text = [&](double percent) {
        return e2e.empty() ? "-" : human_latency(e2e.percentile(percent));
    };
    all.push_back({"p50 " + latency_text(50), 7});
    all.push_back({"p99 " + latency_text(99), 1});
    all.push_back({human_count(p.in_flight) + " in flight", p.current_stage == stage::draining ? 0 : 9});
    if (p.waiting != 0) all.push_back({human_count(p.waiting) + " waiting for a connection", 7});
    all.push_back({human_count(sum.requests.unexpected) + " unexpected", sum.requests.unexpected == 0 ? 6 : 0});
    return all;
}

std::string join(const std::vector<field>& all) {
    std::string text;
    for (const auto& f : all) text.append(text.empty() ? "" : f.separator).append(f.text);
    return text;
}

std::string bar(double done, std::size_t width) {
    const auto full = static_cast<std::size_t>(std::floor(done * static_cast<double>(width)));
    std::string line(full, '=');
    if (full < width) line += '>' + std::string(width - full - 1, ' ');
    return '[' + line + ']';
}

/// Columns of the terminal now; 0: unknown, or no terminal.
unsigned columns_of(std::FILE* out) {
    winsize size{};
    return ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string_view environment_variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::string_view{} : value;
}

} // namespace

bool is_utf8_locale(std::string_view lc_all, std::string_view lc_ctype, std::string_view lang) {
    const auto locale = !lc_all.empty() ? lc_all : !lc_ctype.empty() ? lc_ctype : lang;
    auto character_set = locale.substr(std::min(locale.find('.'), locale.size()));
    character_set = character_set.substr(0, character_set.find('@'));
    return equal_ignoring_case(character_set, ".utf-8") || equal_ignoring_case(character_set, ".utf8");
}

std::string progress_line(const progress& p, const measure::labels& labels, unsigned columns) {
    auto shown = fields(p);
    const double done = completed_fraction(p);
    if (columns == 0) return fmt::format("{} {:.0f} %  {}", stage_text(p, labels), std::floor(done * 100), join(shown));

    constexpr std::size_t min_bar_columns = 8, max_bar_columns = 30, bar_frame_columns = 3; // "[", "]", blank
    // Limits a long phase name, so that the numbers stay visible.
    const auto head =
        std::string(truncate_to_width(stage_text(p, labels), std::max<std::size_t>(columns / 5, 10))) + ' ';
    bool has_bar = true;
    const auto used_columns = [&] {
        return display_width(head) + join(shown).size() + (has_bar ? bar_frame_columns + min_bar_columns : 0);
    };
    while (used_columns() > columns) {
        const auto dropped = std::ranges::max_element(shown, {}, &field::drop_order);
        const int order = dropped == shown.end() ? 0 : dropped->drop_order;
        if (has_bar && order < bar_drop_order)
            has_bar = false;
        else if (order != 0)
            shown.erase(dropped);
        else
            return std::string(truncate_to_width(head + join(shown), columns));
    }
    if (!has_bar) return head + join(shown);
    const auto bar_columns = std::min(max_bar_columns, min_bar_columns + columns - used_columns());
    return head + bar(done, bar_columns) + ' ' + join(shown);
}

terminal terminal_of(std::FILE* out) {
    const auto type = environment_variable("TERM");
    terminal to;
    to.takes_escape_codes = ::isatty(::fileno(out)) == 1 && !type.empty() && type != "dumb";
    // The font of the Linux console lacks the marks.
    to.has_unicode_glyphs =
        type != "linux" &&
        is_utf8_locale(environment_variable("LC_ALL"), environment_variable("LC_CTYPE"), environment_variable("LANG"));
    return to;
}

bool wants_colour(const terminal& to, colour_choice choice) {
    if (choice != colour_choice::automatic) return choice == colour_choice::always;
    return to.takes_escape_codes && environment_variable("NO_COLOR").empty();
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

// The cursor rests at the begin of the line. When a terminal becomes narrower and wraps what is on the screen, the cursor stays at
// that begin, and erasing from there to the end of the screen (ED) leaves nothing of the old line. Automatic wrapping (DECAWM) is off
// while the line is written, because the width can be out of date: ranks know that of their launcher's start.
void console::redraw(const measure::progress& p, const measure::labels& labels) {
    constexpr std::string_view erase = "\x1b[J", wrapping_off = "\x1b[?7l", wrapping_on = "\x1b[?7h";
    const bool was_open = std::exchange(line_open_, p.current_stage != measure::stage::done); // the summary replaces it
    if (!was_open && !line_open_) return;
    std::string text = "\r";
    if (line_open_) {
        constexpr unsigned unknown_columns = 80;
        const auto now = columns();
        // One column stays free: some terminals wrap when the last column is written.
        const auto line = progress_line(p, labels, std::max(2U, now == 0 ? unknown_columns : now) - 1);
        text.append(wrapping_off).append(line).append(wrapping_on);
    }
    std::fputs(text.append(erase).append("\r").c_str(), out_);
    flush_output(out_);
}

unsigned console::columns() const { return terminal_.columns ? *terminal_.columns : columns_of(out_); }

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
    if (std::exchange(line_open_, false)) std::fputs("\n\x1b[J", out_);
    std::fputs(text.c_str(), out_);
    flush_output(out_);
}

void console::print_wrapped(const std::string& text) {
    const auto now = columns();
    print(wrap_lines(text, now == 0 ? 0 : std::max(now, min_summary_columns)));
}

} // namespace loadsim::report
