// Bounded workers of the backend: who waits, for how long, and who finds no room.
#include "service_core_fixture.hpp"

#include "worker_pool.hpp"

#include <fmt/format.h>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

constexpr monotonic_time pool_start{10s};

request_number number_of(int n) { return request_number{static_cast<std::uint64_t>(n)}; }

/// Command delays of 100 ms: a worker's processing time.
class bounded_workers : public service_core_fixture {
protected:
    void start_with(std::uint32_t workers, std::optional<std::uint32_t> queue = {}) {
        config.workers = workers;
        config.queue = queue;
        config.faults = {{.what = fault::kind::delay,
                          .applies_to = fault::message::command,
                          .rule = {.every = 1, .probability = {}, .window = {}},
                          .delay = 100ms}};
        restart();
    }
    creation::create_status create(int vehicle) {
        const auto status = core->create(fmt::format("LZ9SMEV05TF{:06}", vehicle), "horn").status;
        core->run();
        return status;
    }
};

} // namespace

TEST(worker_pool, without_a_bound_every_request_has_a_worker_now) {
    worker_pool pool(std::nullopt, 1);
    for (int n = 1; n <= 5; ++n) pool.add(number_of(n), pool_start);
    EXPECT_FALSE(pool.is_full(100));
    EXPECT_EQ(pool.next_due(), never);
    for (int n = 1; n <= 5; ++n) {
        const auto task = pool.take(pool_start + 1s);
        ASSERT_TRUE(task);
        EXPECT_EQ(task->number, number_of(n));
        EXPECT_EQ(task->begin, pool_start + 1s);
        pool.release(task->begin + 1h);
    }
    EXPECT_FALSE(pool.take(pool_start + 1s));
}

TEST(worker_pool, a_worker_that_is_noticed_late_has_begun_when_it_was_free) {
    worker_pool pool(1, 10);
    for (int n = 1; n <= 3; ++n) pool.add(number_of(n), pool_start);
    EXPECT_EQ(pool.take(pool_start)->begin, pool_start);
    EXPECT_FALSE(pool.take(pool_start)) << "busy, though not released yet";
    pool.release(pool_start + 100ms);
    EXPECT_EQ(pool.next_due(), pool_start + 100ms);
    EXPECT_FALSE(pool.take(pool_start + 99ms));
    EXPECT_EQ(pool.take(pool_start + 150ms)->begin, pool_start + 100ms);
    pool.release(pool_start + 200ms);
    EXPECT_EQ(pool.take(pool_start + 230ms)->begin, pool_start + 200ms);
    pool.release(pool_start + 300ms);
    pool.add(number_of(4), pool_start + 500ms);
    EXPECT_EQ(pool.take(pool_start + 510ms)->begin, pool_start + 500ms) << "not before it was created";
}

TEST(worker_pool, has_room_for_as_many_as_its_queue) {
    worker_pool pool(1, 2);
    pool.add(number_of(1), pool_start);
    pool.take(pool_start);
    pool.release(pool_start + 1s);
    EXPECT_FALSE(pool.is_full(1));
    EXPECT_TRUE(pool.is_full(2)) << "created, and not yet in the queue";
    pool.add(number_of(2), pool_start);
    pool.add(number_of(3), pool_start);
    EXPECT_TRUE(pool.is_full(0));
    EXPECT_EQ(pool.counts(), (worker_counts{.waiting = 2, .waiting_peak = 2}));
}

TEST_F(bounded_workers, send_as_many_commands_as_workers_have_time_for) {
    start_with(4);
    for (int v = 0; v < 100; ++v) EXPECT_EQ(create(v), creation::create_status::created);
    EXPECT_EQ(core->counts().workers.waiting, 96U);
    for (int i = 1; i <= 10; ++i) {
        advance(100ms);
        EXPECT_EQ(published_commands().size(), 4U * static_cast<unsigned>(i)) << "40 a second: 4 workers, 100 ms each";
    }
}

TEST_F(bounded_workers, throughput_does_not_depend_on_when_the_core_runs) {
    start_with(1);
    for (int v = 0; v < 30; ++v) create(v);
    for (int i = 0; i < 8; ++i) advance(130ms);
    advance(0ns); // sends what has become due meanwhile
    EXPECT_EQ(published_commands().size(), 10U) << "1.04 s, 100 ms each";
}

TEST_F(bounded_workers, reject_what_finds_no_room_in_the_queue) {
    start_with(1, 2);
    for (int v = 0; v < 3; ++v) EXPECT_EQ(create(v), creation::create_status::created) << v;
    EXPECT_EQ(create(3), creation::create_status::overloaded);
    EXPECT_EQ(core->counts().creation.overloaded, 1U);
    EXPECT_EQ(core->counts().requests.created, 3U);
    advance(100ms);
    EXPECT_EQ(create(3), creation::create_status::created) << "one has left the queue";
}

TEST_F(bounded_workers, leave_out_what_has_timed_out_while_it_waited) {
    config.services = {{"horn", {.created = 150ms, .pending = 10s, .running = 10s}}};
    start_with(1);
    for (int v = 0; v < 4; ++v) create(v);
    for (int i = 0; i < 5; ++i) advance(100ms);
    EXPECT_EQ(published_commands().size(), 2U) << "the others waited for more than 150 ms";
    EXPECT_EQ(core->counts().requests.timed_out, 2U);
    EXPECT_EQ(core->counts().workers.waiting, 0U);
}
