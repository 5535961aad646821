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

console::console(std::FILE* out, bool quiet, terminal to, std::chrono::seconds plain_every)
    : out_(out), quiet_(quiet), terminal_(to), plain_every_(plain_every) {}

void console::show(const measure::progress& p, const measure::legend& names) {
    if (quiet_) return;
    if (terminal_.takes_escape_codes)
        redraw(p, names);
    else
        say_sometimes(p, names);
}

void console::redraw(const measure::progress& p, const measure::legend& names) {
    if (p.at == measure::stage::done) { // the summary comes next, in its place
        if (std::exchange(line_open_, false)) std::fputs("\r\x1b[K", out_);
        return;
    }
    // One column stays free: a cursor behind the last one wraps on some terminals.
    const auto columns = terminal_.columns.value_or(width_of(out_));
    const auto line = progress_line(p, names, std::max(2U, columns) - 1);
    std::fputs(("\r" + line + "\x1b[K").c_str(), out_);
    std::fflush(out_);
    line_open_ = true;
}

void console::say_sometimes(const measure::progress& p, const measure::legend& names) {
    unsaid_.add(p.interval);
    unsaid_s_ += p.interval_s;
    if (p.at == measure::stage::done) return; // the summary comes next
    if (said_ && p.at == said_stage_ && p.elapsed - *said_ < plain_every_) return;
    auto shown = p;
    shown.interval = std::exchange(unsaid_, {});
    shown.interval_s = std::exchange(unsaid_s_, 0.0);
    said_ = p.elapsed;
    said_stage_ = p.at;
    std::fputs((progress_line(shown, names, 0) + '\n').c_str(), out_);
    std::fflush(out_);
}

void console::print(const std::string& text) {
    if (std::exchange(line_open_, false)) std::fputc('\n', out_);
    std::fputs(text.c_str(), out_);
    std::fflush(out_);
}

} // namespace loadsim::report
