#include "example.hpp"

#include <loadsim/report/console.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

namespace {

using stream = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::string text_in(std::FILE* file) {
    std::string text;
    std::rewind(file);
    for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
    return text;
}

/// The variables that decide about escape codes, as they were before.
class environment {
public:
    environment(const char* term, const char* no_colour) {
        set("TERM", term);
        set("NO_COLOR", no_colour);
    }
    ~environment() {
        set("TERM", before_[0] ? before_[0]->c_str() : nullptr);
        set("NO_COLOR", before_[1] ? before_[1]->c_str() : nullptr);
    }
    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

private:
    static void set(const char* name, const char* value) {
        if (value != nullptr)
            ::setenv(name, value, 1);
        else
            ::unsetenv(name);
    }
    static std::optional<std::string> get(const char* name) {
        const char* value = std::getenv(name);
        return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
    }
    std::array<std::optional<std::string>, 2> before_{get("TERM"), get("NO_COLOR")};
};

/// A terminal of a given width, and what was printed on it.
class pseudo_terminal {
public:
    explicit pseudo_terminal(unsigned short columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
        ::grantpt(master_);
        ::unlockpt(master_);
        out.reset(std::fopen(::ptsname(master_), "w"));
        resize(columns);
    }
    ~pseudo_terminal() {
        out.reset();
        ::close(master_);
    }
    pseudo_terminal(const pseudo_terminal&) = delete;
    pseudo_terminal& operator=(const pseudo_terminal&) = delete;

    void resize(unsigned short columns) {
        winsize size{};
        size.ws_row = 24;
        size.ws_col = columns;
        ::ioctl(master_, TIOCSWINSZ, &size);
    }
    /// What has been printed since it was asked last. The kernel hands it over in pieces, in its own time: the end is a mark of ours.
    std::string shown() {
        constexpr char mark = '\x05';
        std::fputc(mark, out.get());
        std::fflush(out.get());
        std::string text;
        while (!text.ends_with(mark)) {
            pollfd readable{master_, POLLIN, 0};
            std::array<char, 4096> piece{};
            if (::poll(&readable, 1, 5000) != 1) return text + " and never the end";
            const auto n = ::read(master_, piece.data(), piece.size());
            if (n > 0) text.append(piece.data(), static_cast<std::size_t>(n));
        }
        text.pop_back();
        return text;
    }

    stream out{nullptr, &std::fclose};

private:
    int master_;
};

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines(1);
    for (const char c : text) {
        if (c == '\n')
            lines.emplace_back();
        else
            lines.back() += c;
    }
    if (lines.back().empty()) lines.pop_back();
    return lines;
}

} // namespace

TEST(console, a_file_gets_a_line_every_ten_seconds_and_at_each_stage) {
    const auto run = example::run();
    const stream file(std::tmpfile(), &std::fclose);
    console c(file.get(), false, terminal_of(file.get()));
    auto p = example::under_load(run.sum);
    for (int second = 1; second <= 25; ++second) {
        p.elapsed = second * 1s;
        p.at = second <= 2    ? measure::stage::connecting
               : second <= 24 ? measure::stage::load
                              : measure::stage::draining;
        c.show(p, example::names());
    }
    p.at = measure::stage::done;
    c.show(p, example::names());

    const auto lines = lines_of(text_in(file.get()));
    ASSERT_EQ(lines.size(), 5u) << "seconds 1, 3, 13, 23, 25";
    EXPECT_THAT(lines[0], StartsWith("connecting"));
    EXPECT_THAT(lines[1], StartsWith("steady"));
    EXPECT_THAT(lines[2], StartsWith("steady"));
    EXPECT_THAT(lines[3], StartsWith("steady"));
    EXPECT_THAT(lines[4], StartsWith("draining"));
    EXPECT_THAT(text_in(file.get()), Not(HasSubstr("\x1b"))) << "no escape codes in a file";
    EXPECT_THAT(text_in(file.get()), Not(HasSubstr("\r")));
}

TEST(console, a_line_tells_of_all_the_time_since_the_one_before) {
    const auto run = example::run();
    const stream file(std::tmpfile(), &std::fclose);
    console c(file.get(), false, terminal_of(file.get()));
    auto p = example::under_load(run.sum);
    for (int second = 1; second <= 11; ++second) {
        p.elapsed = second * 1s;
        p.interval.requests.sent = second == 5 ? 2000 : 0; // between the lines
        c.show(p, example::names());
    }
    const auto lines = lines_of(text_in(file.get()));
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_THAT(lines[1], HasSubstr("200/s of 200/s")) << "2000 in ten seconds";
}

TEST(console, says_less_when_time_passes_quickly) {
    const auto run = example::run();
    const stream file(std::tmpfile(), &std::fclose);
    console c(file.get(), false, terminal_of(file.get()), 10min);
    auto p = example::under_load(run.sum);
    for (int second = 1; second <= 3601; ++second) {
        p.elapsed = second * 1s;
        c.show(p, example::names());
    }
    EXPECT_EQ(lines_of(text_in(file.get())).size(), 7u) << "at once, and every ten minutes";
}

TEST(console, quiet_shows_no_progress_but_prints) {
    const auto run = example::run();
    const stream file(std::tmpfile(), &std::fclose);
    console c(file.get(), true, terminal_of(file.get()));
    c.show(example::under_load(run.sum), example::names());
    EXPECT_THAT(text_in(file.get()), IsEmpty());
    c.print("verdict\n");
    EXPECT_EQ(text_in(file.get()), "verdict\n");
}

TEST(console, a_terminal_gets_one_line_that_is_drawn_again) {
    const environment env("xterm", nullptr);
    const auto run = example::run();
    pseudo_terminal t(81);
    console c(t.out.get(), false, terminal_of(t.out.get()));
    const auto p = example::under_load(run.sum);
    c.show(p, example::names());
    const auto eighty = progress_line(p, example::names(), 80);
    EXPECT_EQ(t.shown(), "\r" + eighty + "\x1b[K");

    t.resize(61);
    c.show(p, example::names());
    EXPECT_EQ(t.shown(), "\r" + progress_line(p, example::names(), 60) + "\x1b[K") << "the new width";

    c.print("end");
    EXPECT_EQ(t.shown(), "\r\nend") << "the live line is left standing";
    c.print("more");
    EXPECT_EQ(t.shown(), "more");
}

TEST(console, a_dumb_terminal_gets_plain_lines) {
    const environment env("dumb", nullptr);
    const auto run = example::run();
    pseudo_terminal t(80);
    console c(t.out.get(), false, terminal_of(t.out.get()));
    c.show(example::under_load(run.sum), example::names());
    const auto text = t.shown();
    EXPECT_THAT(text, StartsWith("steady 40 %"));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(console, colour_is_for_terminals_that_want_it) {
    pseudo_terminal t(80);
    const stream file(std::tmpfile(), &std::fclose);
    {
        const environment env("xterm", nullptr);
        EXPECT_TRUE(wants_colour(terminal_of(t.out.get())));
        EXPECT_FALSE(wants_colour(terminal_of(file.get()))) << "a file";
    }
    {
        const environment env("xterm", "1");
        EXPECT_FALSE(wants_colour(terminal_of(t.out.get()))) << "NO_COLOR";
    }
    {
        const environment env("xterm", "");
        EXPECT_TRUE(wants_colour(terminal_of(t.out.get()))) << "NO_COLOR counts when it is not empty";
    }
    {
        const environment env("dumb", nullptr);
        EXPECT_FALSE(wants_colour(terminal_of(t.out.get()))) << "dumb";
    }
    {
        const environment env(nullptr, nullptr);
        EXPECT_FALSE(wants_colour(terminal_of(t.out.get()))) << "no TERM";
    }
}
