#include <loadsim/report/console.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace loadsim::report {
namespace {

unsigned width_of(std::FILE* out) {
    winsize size{};
    if (::ioctl(::fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

} // namespace

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
    std::fflush(out_);
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
    std::fflush(out_);
}

void console::print(const std::string& text) {
    if (std::exchange(line_open_, false)) std::fputc('\n', out_);
    std::fputs(text.c_str(), out_);
    std::fflush(out_);
}

} // namespace loadsim::report
