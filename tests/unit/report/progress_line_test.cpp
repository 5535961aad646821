#include "sample_run.hpp"
#include "text_format.hpp"

#include <loadsim/report/console.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(progress_line, plain_has_everything_on_one_line) {
    const auto run = sample_run::run();
    EXPECT_EQ(progress_line(sample_run::under_load(run.sum), sample_run::labels(), 0),
              "steady 40 %  12s, 18s left  2,000 online  198/s of 200/s  p50 41.2 ms  p99 380 ms  84 in flight  1 "
              "unexpected");
}

TEST(progress_line, requests_that_wait_for_a_connection_are_shown) {
    const auto run = sample_run::run();
    auto p = sample_run::under_load(run.sum);
    p.waiting = 54;
    EXPECT_THAT(progress_line(p, sample_run::labels(), 0),
                EndsWith("84 in flight  54 waiting for a connection  1 unexpected"));
}

TEST(progress_line, a_wide_terminal_gets_a_bar_and_everything) {
    const auto run = sample_run::run();
    EXPECT_EQ(progress_line(sample_run::under_load(run.sum), sample_run::labels(), 160),
              "steady [============>                 ] 12s, 18s left  2,000 online  198/s of 200/s  p50 41.2 ms  "
              "p99 380 ms  84 in flight  1 unexpected");
}

TEST(progress_line, the_least_important_fields_are_dropped_first) {
    const auto run = sample_run::run();
    const auto p = sample_run::under_load(run.sum);
    EXPECT_EQ(progress_line(p, sample_run::labels(), 80),
              "steady [======>        ] 12s, 18s left  198/s of 200/s  p99 380 ms  1 unexpected");
    EXPECT_EQ(progress_line(p, sample_run::labels(), 60), "steady 18s left  198/s of 200/s  p99 380 ms  1 unexpected");
    EXPECT_EQ(progress_line(p, sample_run::labels(), 40), "steady 198/s  p99 380 ms  1 unexpected");
}

TEST(progress_line, the_time_left_includes_the_drain) {
    const auto run = sample_run::run();
    auto p = sample_run::under_load(run.sum);
    p.drain_limit = 30s;
    EXPECT_THAT(progress_line(p, sample_run::labels(), 0), StartsWith("steady 40 %  12s, 18s to 48s left  2,000"));
    EXPECT_EQ(progress_line(p, sample_run::labels(), 60), "steady 18s to 48s left  198/s  p99 380 ms  1 unexpected");
    p.current_stage = measure::stage::draining;
    p.elapsed = 36s;
    p.drain_elapsed = 2s;
    EXPECT_THAT(progress_line(p, sample_run::labels(), 0), StartsWith("draining 100 %  36s, up to 28s left  2,000"));
    p.drain_elapsed = 31s;
    EXPECT_THAT(progress_line(p, sample_run::labels(), 0), HasSubstr(", up to 0s left"));
}

TEST(progress_line, rate_and_p99_stay_at_60_columns) {
    auto run = sample_run::run();
    run.sum.requests.unexpected = 12'345;
    auto p = sample_run::under_load(run.sum);
    p.interval.requests.sent = 12'000;
    p.load_duration = 3h;
    p.drain_limit = 10min;
    auto labels = sample_run::labels();
    labels.phases[1] = "a phase with a long name";
    const auto line = progress_line(p, labels, 59);
    EXPECT_THAT(line, HasSubstr("12,000/s"));
    EXPECT_THAT(line, HasSubstr("p99 380 ms"));
    EXPECT_THAT(line, HasSubstr("12,345 unexpected"));
}

TEST(progress_line, fits_every_width) {
    const auto run = sample_run::run();
    auto labels = sample_run::labels();
    const auto drain_limits = {0s, 30s};
    for (const auto* phase : {"steady", "a phase with a name that does not end for a long while", "高峰时段"}) {
        labels.phases[1] = phase;
        for (const auto at :
             {measure::stage::connecting, measure::stage::load, measure::stage::draining, measure::stage::done})
            for (const auto drain_limit : drain_limits) {
                auto p = sample_run::under_load(run.sum);
                p.current_stage = at;
                p.drain_limit = drain_limit;
                for (unsigned columns = 1; columns < 200; ++columns)
                    ASSERT_LE(display_width(progress_line(p, labels, columns)), columns) << phase << " at " << columns;
            }
    }
}

TEST(progress_line, while_connecting_the_bar_shows_sessions) {
    const auto run = sample_run::run();
    auto p = sample_run::under_load(run.sum);
    p.current_stage = measure::stage::connecting;
    p.elapsed = 3s;
    p.sessions_online = 1000;
    EXPECT_EQ(progress_line(p, sample_run::labels(), 0), "connecting 50 %  3s  1,000/2,000 online  2 refused");
    EXPECT_THAT(progress_line(p, sample_run::labels(), 70), StartsWith("connecting [===========>           ] 3s"));
}

TEST(progress_line, while_draining_requests_in_flight_are_kept) {
    const auto run = sample_run::run();
    auto p = sample_run::under_load(run.sum);
    p.current_stage = measure::stage::draining;
    const auto line = progress_line(p, sample_run::labels(), 60);
    EXPECT_THAT(line, StartsWith("draining 16s  p99"));
    EXPECT_THAT(line, HasSubstr("84 in flight"));
    EXPECT_THAT(line, Not(HasSubstr("left")));
}

TEST(progress_line, unexpected_counts_from_the_start_and_not_by_the_second) {
    auto run = sample_run::run();
    run.sum.requests.unexpected = 1234;
    EXPECT_THAT(progress_line(sample_run::under_load(run.sum), sample_run::labels(), 0),
                EndsWith("  1,234 unexpected"));
}

TEST(progress_line, incomplete_progress) {
    const auto run = sample_run::run();
    auto p = sample_run::under_load(run.sum);
    p.interval = {};
    p.interval_s = 0;
    EXPECT_THAT(progress_line(p, sample_run::labels(), 0), HasSubstr("0/s of 200/s  p50 -  p99 -"))
        << "no samples, no time";
    p.load_elapsed = 31s;
    EXPECT_THAT(progress_line(p, sample_run::labels(), 0), HasSubstr("steady 100 %  31s, 0s left")) << "past the end";
    p.load_duration = 0s;
    p.phase = 9;
    EXPECT_THAT(progress_line(p, sample_run::labels(), 0), StartsWith("load ")) << "a phase without a name";
    p.cumulative = nullptr;
    EXPECT_THAT(progress_line(p, sample_run::labels(), 0), EndsWith("0 unexpected"));
}
