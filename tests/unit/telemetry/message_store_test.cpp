// Message store: order, limits, expiry, shares and rates of reissue, counts, memory.
#include "counting_memory.hpp"

#include <loadsim/telemetry/message_store.hpp>

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

using namespace loadsim;
using namespace loadsim::telemetry;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

constexpr vehicle_id car{7};
constexpr vehicle_id other_car{8};

stored_message numbered(std::uint32_t sequence, vehicle_id v = car, nanoseconds due = 0s) {
    stored_message m;
    m.vehicle = v;
    m.group = 2;
    m.sequence = sequence;
    m.due = due == 0s ? sequence * 1s : due;
    m.qos = 1;
    m.topic = "v1/tlm";
    m.payload = "{\"speed\":61.5}";
    return m;
}

/// Rows by position, as a database has them.
class recorded_rows final : public store_persistence {
public:
    result<void> load(const on_message& f) override {
        for (auto& [position, row] : rows) {
            row.position = position;
            f(row);
        }
        return {};
    }
    void append(const stored_message& m) override { rows[m.position] = m; }
    void remove(std::int64_t position) override { rows.erase(position); }
    void flush(nanoseconds) override {}
    void flush_all() override {}
    result<std::uint32_t> load_sequences(const on_sequence&) override { return 0U; }
    void reserve_sequences(std::uint32_t) override {}
    void save_sequences(std::span<const last_sequence>) override {}
    std::optional<problem> take_problem() override { return {}; }
    const persistence_counts& counts() const noexcept override { return counts_; }

    std::vector<std::uint32_t> sequences() const {
        std::vector<std::uint32_t> all;
        for (const auto& [position, row] : rows) all.push_back(row.sequence);
        return all;
    }
    std::map<std::int64_t, stored_message> rows; ///< texts of the test's literals

private:
    persistence_counts counts_;
};

class message_store_test : public testing::Test {
protected:
    void SetUp() override {
        options.messages = 1'000;
        options.age = 0s;
    }

    message_store make() {
        return {options, &rows, [this](const drained_backlog& d) { drained.push_back(d); }, &memory};
    }

    /// Re-issues what the store gives without a wait; returns the sequence numbers.
    std::vector<std::uint32_t> reissue(message_store& store, nanoseconds now, vehicle_id v = car) {
        std::vector<std::uint32_t> all;
        while (const auto m = store.front(v, now)) {
            all.push_back(m->sequence);
            positions.push_back(m->position);
            store.pop_front(v, now);
        }
        return all;
    }

    static void expect_balance(const store_counts& c) {
        EXPECT_EQ(c.stored + c.restored + c.put_back, c.reissued + c.overwritten + c.expired + c.too_old + c.in_store);
    }
    static void expect_balance(const message_store& store) { expect_balance(store.counts()); }

    store_options options;
    recorded_rows rows;
    telemetry_test::counting_memory memory;
    std::vector<drained_backlog> drained;
    std::vector<std::int64_t> positions;
};

} // namespace

TEST_F(message_store_test, gives_messages_back_as_they_were_and_in_order) {
    auto store = make();
    auto m = numbered(1);
    m.deadline = 1h;
    EXPECT_TRUE(store.put(m, 1s));
    EXPECT_TRUE(store.put(numbered(2), 2s));
    EXPECT_TRUE(store.put(numbered(9, other_car), 2s));
    auto found = store.front(car, 3s).value();
    EXPECT_GT(found.position, 0);
    m.position = found.position;
    EXPECT_EQ(found, m);
    EXPECT_THAT(reissue(store, 3s), ElementsAre(1, 2));
    EXPECT_FALSE(store.has_backlog(car));
    EXPECT_TRUE(store.has_backlog(other_car));
    EXPECT_EQ(store.counts().in_store, 1U);
    expect_balance(store);
}

TEST_F(message_store_test, above_the_number_of_messages_the_oldest_is_overwritten) {
    options.messages = 3;
    auto store = make();
    for (std::uint32_t i = 1; i <= 5; ++i) EXPECT_TRUE(store.put(numbered(i), i * 1s));
    EXPECT_EQ(store.counts().overwritten, 2U);
    EXPECT_THAT(rows.sequences(), ElementsAre(3, 4, 5));
    EXPECT_THAT(reissue(store, 9s), ElementsAre(3, 4, 5));
    expect_balance(store);
}

TEST_F(message_store_test, above_the_bytes_of_a_vehicle_its_oldest_is_overwritten) {
    options.bytes = 2 * stored_bytes(numbered(1));
    auto store = make();
    store.put(numbered(8, other_car), 0s);
    for (std::uint32_t i = 1; i <= 3; ++i) store.put(numbered(i), 0s);
    EXPECT_EQ(store.bytes(), 3 * stored_bytes(numbered(1)));
    EXPECT_THAT(reissue(store, 9s), ElementsAre(2, 3));
    EXPECT_THAT(reissue(store, 9s, other_car), ElementsAre(8));
}

TEST_F(message_store_test, above_the_bytes_of_all_vehicles_the_oldest_of_all_is_overwritten) {
    options.total_bytes = 3 * stored_bytes(numbered(1));
    auto store = make();
    store.put(numbered(1), 0s);
    store.put(numbered(2, other_car), 0s);
    store.put(numbered(3, other_car), 0s);
    store.put(numbered(4, other_car), 0s); // overwrites 1: no backlog is left
    EXPECT_FALSE(store.has_backlog(car));
    store.put(numbered(5), 0s); // overwrites 2
    EXPECT_EQ(store.counts().overwritten, 2U);
    EXPECT_LE(store.bytes(), options.total_bytes);
    EXPECT_THAT(reissue(store, 9s), ElementsAre(5));
    EXPECT_THAT(reissue(store, 9s, other_car), ElementsAre(3, 4));
    EXPECT_THAT(drained.size(), 0U) << "no link was up again";
    expect_balance(store);
}

TEST_F(message_store_test, a_message_larger_than_a_limit_is_refused) {
    options.bytes = 100;
    auto store = make();
    const std::string large(100, 'x');
    auto m = numbered(1);
    m.payload = large;
    EXPECT_FALSE(store.put(m, 0s));
    EXPECT_EQ(store.counts().refused, 1U);
    EXPECT_FALSE(store.has_backlog(car));
    EXPECT_THAT(rows.sequences(), IsEmpty());
}

TEST_F(message_store_test, the_rest_of_the_expiry_is_sent_and_expired_messages_are_not) {
    auto store = make();
    for (std::uint32_t i = 1; i <= 3; ++i) {
        auto m = numbered(i);
        m.deadline = m.due + 10s;
        store.put(m, m.due);
    }
    const auto m = store.front(car, 11s).value(); // the first one expires at 11 s
    EXPECT_EQ(m.sequence, 2U);
    EXPECT_EQ(remaining_expiry(m, 11s), 1U);
    EXPECT_EQ(remaining_expiry(m, 3500ms), 9U) << "rounded up";
    EXPECT_EQ(remaining_expiry(numbered(1), 11s), 0U) << "does not expire";
    EXPECT_EQ(store.counts().expired, 1U);
    EXPECT_THAT(rows.sequences(), ElementsAre(2, 3));
    EXPECT_THAT(reissue(store, 12s), ElementsAre(3));
    expect_balance(store);
}

TEST_F(message_store_test, messages_above_the_age_are_removed) {
    options.age = 5s;
    auto store = make();
    for (std::uint32_t i = 1; i <= 3; ++i) store.put(numbered(i), i * 1s);
    store.put(numbered(1, other_car), 1s);
    store.remove_outdated(7s);
    EXPECT_EQ(store.counts().too_old, 2U);
    EXPECT_EQ(store.counts().in_store, 2U);
    store.remove_outdated(1h);
    EXPECT_EQ(store.counts().in_store, 0U);
    EXPECT_EQ(memory.bytes(), 0U);
    expect_balance(store);
}

TEST_F(message_store_test, live_messages_go_through_the_store_until_it_is_empty) {
    auto store = make();
    EXPECT_FALSE(store.goes_through_store(car));
    store.put(numbered(1), 1s);
    store.put(numbered(2), 2s);
    store.resume(car, 10s);
    ASSERT_TRUE(store.front(car, 10s));
    store.pop_front(car, 10s);
    EXPECT_TRUE(store.goes_through_store(car));
    store.put(numbered(3), 10s);
    EXPECT_THAT(reissue(store, 10s), ElementsAre(2, 3));
    EXPECT_FALSE(store.goes_through_store(car));
}

TEST_F(message_store_test, the_share_of_stored_messages_is_kept_when_interleaved) {
    options.reissue.order = reissue_order::interleaved;
    for (const double share : {0.25, 1.0 / 3, 0.5, 0.75, 0.9}) {
        options.reissue.share = {share};
        auto store = make();
        for (std::uint32_t i = 1; i <= 900; ++i) store.put(numbered(i), 0s);
        store.resume(car, 0s);
        EXPECT_THAT(reissue(store, 0s), IsEmpty()) << "before a live message";
        EXPECT_EQ(store.next_reissue(car), nanoseconds::max());
        EXPECT_FALSE(store.goes_through_store(car));
        double stored = 0;
        for (int live = 1; live <= 90; ++live) {
            store.live_sent(car);
            stored += static_cast<double>(reissue(store, 0s).size());
            EXPECT_NEAR(stored, live * share / (1 - share), 1.001) << share;
        }
    }
    options.reissue.share = {1};
    auto store = make();
    store.put(numbered(1), 0s);
    store.put(numbered(2), 0s);
    EXPECT_THAT(reissue(store, 0s), ElementsAre(1, 2)) << "100 % waits for no live message";
}

TEST_F(message_store_test, the_rate_of_reissue_is_limited_per_vehicle) {
    options.reissue.rate = rate{10};
    auto store = make();
    for (std::uint32_t i = 1; i <= 50; ++i) store.put(numbered(i), 0s);
    store.put(numbered(1, other_car), 0s);
    EXPECT_THAT(reissue(store, 100s), ElementsAre(1));
    EXPECT_THAT(reissue(store, 100s, other_car), ElementsAre(1));
    EXPECT_EQ(store.next_reissue(car), 100'100ms);
    EXPECT_THAT(reissue(store, 100'099ms), IsEmpty());
    EXPECT_THAT(reissue(store, 100'130ms), ElementsAre(2)) << "late";
    EXPECT_EQ(store.next_reissue(car), 100'200ms) << "which does not lower the rate";
    EXPECT_THAT(reissue(store, 110s), ElementsAre(3)) << "nor does a wait cause a burst";
}

TEST_F(message_store_test, messages_without_puback_return_to_the_front) {
    auto store = make();
    for (std::uint32_t i = 1; i <= 4; ++i) store.put(numbered(i), 0s);
    reissue(store, 1s);
    EXPECT_THAT(rows.sequences(), ElementsAre(1, 2, 3, 4)) << "not acknowledged";
    store.acknowledged(positions[0]);
    EXPECT_THAT(rows.sequences(), ElementsAre(2, 3, 4));
    // 2 to 4 were in flight, and a live message after them; 6 was due after the break.
    auto in_flight = std::vector{numbered(2), numbered(3), numbered(4), numbered(5)};
    for (std::size_t i = 0; i < 3; ++i) in_flight[i].position = positions[i + 1];
    store.put(numbered(6), 2s);
    store.put_back(in_flight, 2s);
    EXPECT_EQ(store.counts().put_back, 4U);
    EXPECT_THAT(rows.sequences(), ElementsAre(2, 3, 4, 5, 6)) << "no row twice";
    EXPECT_THAT(reissue(store, 3s), ElementsAre(2, 3, 4, 5, 6));
    expect_balance(store);
}

TEST_F(message_store_test, qos_0_is_not_waited_for) {
    auto store = make();
    auto m = numbered(1);
    m.qos = 0;
    store.put(m, 0s);
    reissue(store, 1s);
    EXPECT_THAT(rows.sequences(), IsEmpty());
}

TEST_F(message_store_test, tells_how_long_a_backlog_lasted) {
    auto store = make();
    store.put(numbered(1), 1s);
    store.put(numbered(2), 2s);
    store.resume(car, 30s);
    reissue(store, 31s);
    ASSERT_EQ(drained.size(), 1U);
    EXPECT_EQ(drained[0].vehicle, car);
    EXPECT_EQ(drained[0].began, 1s);
    EXPECT_EQ(drained[0].resumed, 30s);
    EXPECT_EQ(drained[0].drained, 31s);
    EXPECT_EQ(drained[0].reissued, 2U);
}

TEST_F(message_store_test, restores_the_messages_of_an_earlier_start) {
    {
        auto store = make();
        for (std::uint32_t i = 1; i <= 3; ++i) store.put(numbered(i), 0s);
        store.put(numbered(1, other_car), 0s);
        const auto back = numbered(0, car, 1ms);
        store.put_back({&back, 1}, 0s);
    }
    auto store = make();
    ASSERT_TRUE(store.restore());
    EXPECT_EQ(store.counts().restored, 5U);
    store.put(numbered(4), 0s);
    const auto before = numbered(100);
    store.put_back({&before, 1}, 0s);
    EXPECT_THAT(reissue(store, 1s), ElementsAre(100, 0, 1, 2, 3, 4));
    EXPECT_THAT(reissue(store, 1s, other_car), ElementsAre(1));
    expect_balance(store);
}

TEST_F(message_store_test, takes_no_memory_without_a_backlog_and_little_with_one) {
    auto store = make();
    EXPECT_EQ(memory.bytes(), 0U);
    for (int round = 0; round < 2; ++round) {
        for (std::uint32_t v = 0; v < 1'000; ++v) store.put(numbered(1, vehicle_id{v}), 0s);
        EXPECT_LT(memory.bytes(), 1'000U * 900) << "one message a vehicle";
        for (std::uint32_t v = 0; v < 1'000; ++v)
            for (std::uint32_t i = 2; i <= 100; ++i) store.put(numbered(i, vehicle_id{v}), 0s);
        EXPECT_LT(static_cast<double>(memory.bytes()), 1.6 * static_cast<double>(store.bytes())) << "100 messages";
        for (std::uint32_t v = 0; v < 1'000; ++v) {
            EXPECT_EQ(reissue(store, 1s, vehicle_id{v}).size(), 100U);
        }
        EXPECT_EQ(store.bytes(), 0U);
        EXPECT_EQ(memory.bytes(), 0U);
    }
}

TEST_F(message_store_test, memory_is_freed_as_messages_leave_the_front) {
    auto store = make();
    for (std::uint32_t i = 1; i <= 1'000; ++i) store.put(numbered(i), 0s);
    const auto full = memory.bytes();
    for (int i = 0; i < 900; ++i) store.pop_front(car, 1s);
    EXPECT_LT(memory.bytes(), full / 2);
}

TEST_F(message_store_test, counts_each_group_by_itself) {
    options.messages = 3;
    auto store = make();
    const auto of_group = [](std::uint32_t group, std::uint32_t sequence, nanoseconds deadline = nanoseconds::max()) {
        auto m = numbered(sequence);
        m.group = group;
        m.deadline = deadline;
        return m;
    };
    store.put(of_group(2, 1), 0s);
    store.put(of_group(0, 1, 1s), 0s);
    store.put(of_group(2, 2), 0s);
    store.put(of_group(0, 2), 0s); // the first of group 2 is overwritten
    EXPECT_THAT(reissue(store, 2s), ElementsAre(2, 2));
    const auto back = of_group(0, 2);
    store.put_back({&back, 1}, 3s);
    EXPECT_EQ(store.counts(2).stored, 2U);
    EXPECT_EQ(store.counts(2).overwritten, 1U);
    EXPECT_EQ(store.counts(2).reissued, 1U);
    EXPECT_EQ(store.counts(2).in_store, 0U);
    EXPECT_EQ(store.counts(0).expired, 1U);
    EXPECT_EQ(store.counts(0).put_back, 1U);
    EXPECT_EQ(store.counts(0).in_store, 1U);
    EXPECT_EQ(store.counts(1).stored, 0U);
    EXPECT_EQ(store.counts(7).stored, 0U) << "no message so far";
    for (std::uint32_t g = 0; g < 3; ++g) expect_balance(store.counts(g));
}

TEST_F(message_store_test, names_the_vehicles_with_a_backlog) {
    auto store = make();
    EXPECT_THAT(store.vehicles(), ElementsAre());
    store.put(numbered(1, other_car), 0s);
    store.put(numbered(1, car), 0s);
    auto both = std::vector{car, other_car};
    std::ranges::sort(both);
    EXPECT_EQ(store.vehicles(), both);
    reissue(store, 1s, car);
    EXPECT_THAT(store.vehicles(), ElementsAre(other_car));
}

TEST_F(message_store_test, interleaved_messages_do_not_wait_when_no_live_one_follows) {
    options.reissue.order = reissue_order::interleaved;
    auto store = make();
    for (std::uint32_t i = 1; i <= 3; ++i) store.put(numbered(i), 0s);
    store.resume(car, 1s);
    EXPECT_THAT(reissue(store, 1s), ElementsAre());
    store.end_live();
    EXPECT_THAT(reissue(store, 1s), ElementsAre(1, 2, 3));
}
