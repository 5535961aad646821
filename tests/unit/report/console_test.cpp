#include "sample_run.hpp"

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

std::string contents_of(std::FILE* file) {
    std::string text;
    std::rewind(file);
    for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
    return text;
}

/// Sets TERM and NO_COLOR; the destructor restores them.
class environment {
public:
    environment(const char* term, const char* no_colour) {
        set("TERM", term);
        set("NO_COLOR", no_colour);
    }
    ~environment() {
        set("TERM", saved_[0] ? saved_[0]->c_str() : nullptr);
        set("NO_COLOR", saved_[1] ? saved_[1]->c_str() : nullptr);
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
    std::array<std::optional<std::string>, 2> saved_{get("TERM"), get("NO_COLOR")};
};

/// Pseudo terminal of a given width that captures output.
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
    /// Output since the previous call. The kernel delivers it in pieces, so a mark character shows its end.
    std::string output() {
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

/// What a terminal gets for one progress line.
std::string live_line(const std::string& text) { return "\r\x1b[?7l" + text + "\x1b[?7h\x1b[J\r"; }

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
    const auto run = sample_run::run();
    const stream file(std::tmpfile(), &std::fclose);
    console c(file.get(), false, terminal_of(file.get()));
    auto p = sample_run::under_load(run.sum);
    for (int second = 1; second <= 25; ++second) {
        p.elapsed = second * 1s;
        p.current_stage = second <= 2    ? measure::stage::connecting
                          : second <= 24 ? measure::stage::load
                                         : measure::stage::draining;
        c.show(p, sample_run::labels());
    }
    p.current_stage = measure::stage::done;
    c.show(p, sample_run::labels());

    const auto lines = lines_of(contents_of(file.get()));
    ASSERT_EQ(lines.size(), 5u) << "seconds 1, 3, 13, 23, 25";
    EXPECT_THAT(lines[0], StartsWith("connecting"));
    EXPECT_THAT(lines[1], StartsWith("steady"));
    EXPECT_THAT(lines[2], StartsWith("steady"));
    EXPECT_THAT(lines[3], StartsWith("steady"));
    EXPECT_THAT(lines[4], StartsWith("draining"));
    EXPECT_THAT(contents_of(file.get()), Not(HasSubstr("\x1b"))) << "no escape codes in a file";
    EXPECT_THAT(contents_of(file.get()), Not(HasSubstr("\r")));
}

TEST(console, a_line_covers_the_whole_time_since_the_previous_one) {
    const auto run = sample_run::run();
    const stream file(std::tmpfile(), &std::fclose);
    console c(file.get(), false, terminal_of(file.get()));
    auto p = sample_run::under_load(run.sum);
    for (int second = 1; second <= 11; ++second) {
        p.elapsed = second * 1s;
        p.interval.requests.sent = second == 5 ? 2000 : 0; // between two plain lines
        c.show(p, sample_run::labels());
    }
    const auto lines = lines_of(contents_of(file.get()));
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_THAT(lines[1], HasSubstr("200/s of 200/s")) << "2000 in ten seconds";
}

TEST(console, plain_interval_limits_the_lines_of_a_rehearsal) {
    const auto run = sample_run::run();
    const stream file(std::tmpfile(), &std::fclose);
    console c(file.get(), false, terminal_of(file.get()), 10min);
    auto p = sample_run::under_load(run.sum);
    for (int second = 1; second <= 3601; ++second) {
        p.elapsed = second * 1s;
        c.show(p, sample_run::labels());
    }
    EXPECT_EQ(lines_of(contents_of(file.get())).size(), 7u) << "at once, and every ten minutes";
}

TEST(console, quiet_shows_no_progress_but_prints) {
    const auto run = sample_run::run();
    const stream file(std::tmpfile(), &std::fclose);
    console c(file.get(), true, terminal_of(file.get()));
    c.show(sample_run::under_load(run.sum), sample_run::labels());
    EXPECT_THAT(contents_of(file.get()), IsEmpty());
    c.print("verdict\n");
    EXPECT_EQ(contents_of(file.get()), "verdict\n");
}

TEST(console, a_terminal_gets_one_redrawn_line) {
    const environment env("xterm", nullptr);
    const auto run = sample_run::run();
    pseudo_terminal t(81);
    console c(t.out.get(), false, terminal_of(t.out.get()));
    const auto p = sample_run::under_load(run.sum);
    c.show(p, sample_run::labels());
    const auto eighty = progress_line(p, sample_run::labels(), 80);
    EXPECT_EQ(t.output(), live_line(eighty));

    t.resize(61);
    c.show(p, sample_run::labels());
    EXPECT_EQ(t.output(), live_line(progress_line(p, sample_run::labels(), 60))) << "the new width";

    c.print("end");
    EXPECT_EQ(t.output(), "\r\n\x1b[Jend") << "the live line is left standing";
    c.print("more");
    EXPECT_EQ(t.output(), "more");
    EXPECT_EQ(c.columns(), 61U);
}

TEST(console, sentences_fit_the_width) {
    const environment env("xterm", nullptr);
    const std::string sentence = "in simulated time, against a model of the platform: nothing is connected\n";
    pseudo_terminal t(60);
    console c(t.out.get(), false, terminal_of(t.out.get()));
    c.print_wrapped(sentence);
    EXPECT_EQ(t.output(), "in simulated time, against a model of the platform: nothing\r\n          is connected\r\n");
    t.resize(20);
    c.print_wrapped(sentence);
    EXPECT_THAT(t.output(), HasSubstr("platform: nothing\r\n")) << "not below 60 columns, as the summary";
    const stream file(std::tmpfile(), &std::fclose);
    console(file.get(), false, terminal_of(file.get())).print_wrapped(sentence);
    EXPECT_EQ(contents_of(file.get()), sentence) << "no terminal";
}

TEST(console, the_end_of_the_run_erases_the_live_line) {
    const environment env("xterm", nullptr);
    const auto run = sample_run::run();
    pseudo_terminal t(80);
    console c(t.out.get(), false, terminal_of(t.out.get()));
    auto p = sample_run::under_load(run.sum);
    c.show(p, sample_run::labels());
    t.output();
    p.current_stage = measure::stage::done;
    c.show(p, sample_run::labels());
    EXPECT_EQ(t.output(), "\r\x1b[J\r");
    c.show(p, sample_run::labels());
    EXPECT_EQ(t.output(), "");
}

TEST(console, columns_are_unknown_of_what_is_no_terminal) {
    const stream file(std::tmpfile(), &std::fclose);
    EXPECT_EQ(console(file.get(), false, {}).columns(), 0U);
    EXPECT_EQ(console(file.get(), false, {.takes_escape_codes = true, .columns = 72}).columns(), 72U)
        << "told by a launcher";
}

TEST(console, glyphs_are_those_of_the_locale) {
    EXPECT_TRUE(is_utf8_locale("", "", "en_US.UTF-8"));
    EXPECT_TRUE(is_utf8_locale("", "de_DE.utf8@euro", "C"));
    EXPECT_TRUE(is_utf8_locale("C.UTF-8", "C", "C"));
    EXPECT_FALSE(is_utf8_locale("", "", ""));
    EXPECT_FALSE(is_utf8_locale("", "", "C"));
    EXPECT_FALSE(is_utf8_locale("POSIX", "", "en_US.UTF-8")) << "LC_ALL counts first";
    EXPECT_FALSE(is_utf8_locale("", "", "de_DE.ISO-8859-1"));
    const environment env("linux", nullptr);
    pseudo_terminal t(80);
    EXPECT_FALSE(terminal_of(t.out.get()).has_unicode_glyphs) << "the font of the Linux console";
}

TEST(console, the_user_can_choose_the_colour) {
    const environment env("xterm", "1");
    pseudo_terminal t(80);
    const stream file(std::tmpfile(), &std::fclose);
    EXPECT_TRUE(wants_colour(terminal_of(t.out.get()), colour_choice::always)) << "stronger than NO_COLOR";
    EXPECT_TRUE(wants_colour(terminal_of(file.get()), colour_choice::always));
    const environment coloured("xterm", nullptr);
    EXPECT_FALSE(wants_colour(terminal_of(t.out.get()), colour_choice::never));
}

TEST(console, a_dumb_terminal_gets_plain_lines) {
    const environment env("dumb", nullptr);
    const auto run = sample_run::run();
    pseudo_terminal t(80);
    console c(t.out.get(), false, terminal_of(t.out.get()));
    c.show(sample_run::under_load(run.sum), sample_run::labels());
    const auto text = t.output();
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
