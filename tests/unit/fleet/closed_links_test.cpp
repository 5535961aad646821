// Messages at which a broker closes the link: when one counts as refused, and what the telemetry publisher does with it.
#include "closed_links.hpp"
#include "telemetry_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>

using namespace loadsim;
using namespace loadsim::fleet;
using namespace loadsim::fleet::telemetry_tests;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr closed_links::message large_message{.group = 1, .sequence = 7}, other_message{.group = 0, .sequence = 7};

TEST(closed_links_test, the_third_time_in_a_row_refuses_the_message) {
    closed_links all;
    EXPECT_FALSE(all.is_suspected(5));
    EXPECT_FALSE(all.closed(5, large_message, 10ms));
    EXPECT_TRUE(all.is_suspected(5));
    EXPECT_FALSE(all.is_suspected(6));
    EXPECT_FALSE(all.closed(6, large_message, 10ms)) << "of another vehicle";
    EXPECT_FALSE(all.closed(5, large_message, 10ms));
    EXPECT_TRUE(all.closed(5, large_message, 10ms));
    EXPECT_FALSE(all.is_suspected(5));
    EXPECT_FALSE(all.closed(5, large_message, 10ms)) << "anew";
}

TEST(closed_links_test, other_messages_and_acknowledgements_begin_anew) {
    closed_links all;
    all.closed(5, large_message, 10ms);
    all.closed(5, large_message, 10ms);
    EXPECT_FALSE(all.closed(5, other_message, 10ms)) << "another message is the first";
    all.closed(5, large_message, 10ms);
    all.closed(5, large_message, 10ms);
    all.acknowledged(5, other_message);
    EXPECT_TRUE(all.is_suspected(5)) << "the broker takes others";
    all.acknowledged(5, large_message);
    EXPECT_FALSE(all.is_suspected(5));
    EXPECT_FALSE(all.closed(5, large_message, 10ms));
}

TEST(closed_links_test, a_link_that_is_closed_late_was_not_closed_because_of_the_message) {
    closed_links all;
    all.closed(5, large_message, 10ms);
    all.closed(5, large_message, 10ms);
    EXPECT_FALSE(all.closed(5, large_message, closed_links::closing_time + 1ms));
    EXPECT_FALSE(all.is_suspected(5));
}

TEST(closed_links_test, any_message_of_a_group_counts_if_none_is_sent_again) {
    constexpr closed_links::message any{.group = 1};
    closed_links all;
    all.closed(5, any, 10ms);
    all.closed(5, any, 10ms);
    EXPECT_TRUE(all.closed(5, any, 10ms));
    EXPECT_TRUE(all.closed(5, any, 10ms)) << "and each one after it";
    all.acknowledged(5, large_message);
    EXPECT_FALSE(all.closed(5, any, 10ms));
}

/// A broker that acknowledges at once, and closes the link at a payload above its limit.
class closing_broker_test : public telemetry_publisher_test {
protected:
    void run_with_broker(nanoseconds length) {
        while (time_.now() < start + length) {
            run_to(std::min(time_.now() - start + 10ms, length));
            for (; handled_ < link_->sent_.size(); ++handled_) {
                const auto m = link_->sent_[handled_];
                if (m.payload.size() <= 100) {
                    acknowledge(m.packet_id);
                    continue;
                }
                ++closed_;
                go_down(first_car, session_end::by_broker);
                come_up(link_->resumable_);
                handled_ = link_->sent_.size();
                break;
            }
        }
    }
    /// A small message each second, a large one every two.
    void add_groups() {
        add_group("position", period_always(1s));
        add_group("picture", period_always(2s), 1, std::string(200, 'x') + "{seq}");
    }

    std::size_t handled_ = 0; ///< of sent_
    int closed_ = 0;
};

TEST_F(closing_broker_test, a_stored_message_is_dropped_after_three_times) {
    with_store();
    load_duration_ = 4s;
    add_groups();
    begin();
    run_with_broker(6s);
    EXPECT_FALSE(publisher_->awaits());
    publisher_->finish();
    EXPECT_EQ(closed_, 6) << "three times for each of two messages";
    EXPECT_EQ(counts(0).acknowledged, 4U);
    EXPECT_EQ(counts(1).refused, 2U);
    ASSERT_EQ(counts(1).reasons.size(), 1U);
    EXPECT_EQ(counts(1).reasons.begin()->second, 2U);
    EXPECT_THAT(counts(1).reasons.begin()->first, HasSubstr("201 bytes"));
    EXPECT_THAT(counts(1).reasons.begin()->first, HasSubstr("max_packet_size"));
    expect_balance();
}

TEST_F(closing_broker_test, stored_messages_are_sent_one_by_one_while_one_is_suspected) {
    with_store();
    load_duration_ = 3s;
    add_group("picture", period_always(3s), 1, std::string(200, 'x') + "{seq}");
    add_group("position", period_always(1s));
    down_at_begin_ = {first_car};
    begin();
    run_to(3s);
    come_up();
    run_to(3s + 5ms);
    ASSERT_EQ(link_->sent_.size(), 4U);
    const auto picture = std::ranges::find_if(link_->sent_, [](const auto& m) { return m.payload.size() > 100; });
    const auto behind = static_cast<std::size_t>(link_->sent_.end() - picture) - 1;
    run_with_broker(5s);
    publisher_->finish();
    EXPECT_EQ(closed_, 3);
    EXPECT_EQ(counts(0).refused, 1U);
    EXPECT_EQ(counts(1).acknowledged, 3U);
    EXPECT_EQ(counts(1).refused, 0U);
    EXPECT_EQ(link_->sent_.size(), 4U + 2U + behind) << "the large one twice more, and once what was behind it";
    expect_balance();
}

TEST_F(closing_broker_test, a_session_that_is_kept_does_not_send_the_message_again) {
    with_store();
    load_duration_ = 1s;
    add_group("picture", period_always(1s), 1, std::string(200, 'x') + "{seq}");
    begin();
    link_->resumable_ = true;
    run_to(1s);
    ASSERT_EQ(link_->sent_.size(), 1U);
    for (int n = 0; n < 3; ++n) {
        EXPECT_TRUE(publisher_->awaits());
        go_down(first_car, session_end::by_broker);
        come_up(true);
    }
    EXPECT_FALSE(publisher_->awaits());
    EXPECT_THAT(link_->discarded_, ElementsAre(1));
    publisher_->finish();
    EXPECT_EQ(counts(0).refused, 1U);
    EXPECT_EQ(counts(0).in_store, 0U);
    expect_balance();
}

TEST_F(closing_broker_test, without_a_store_the_cause_is_named_from_the_third_message_on) {
    load_duration_ = 10s;
    add_groups();
    begin();
    run_with_broker(11s);
    publisher_->finish();
    EXPECT_EQ(counts(1).due, 5U);
    EXPECT_EQ(counts(1).unacknowledged, 2U);
    EXPECT_EQ(counts(1).refused, 3U);
    EXPECT_EQ(counts(0).acknowledged, 10U);
    expect_balance();
}

TEST_F(closing_broker_test, a_link_that_breaks_by_itself_refuses_nothing) {
    with_store();
    begin_with_position(1s);
    run_to(1s);
    for (int n = 0; n < 5; ++n) {
        go_down();
        come_up();
        run_to(1s + (n + 1) * 10ms);
    }
    EXPECT_EQ(counts().refused, 0U);
    acknowledge_all();
    EXPECT_EQ(counts().acknowledged, 1U);
    publisher_->finish();
    expect_balance();
}

TEST_F(closing_broker_test, above_the_announced_packet_size_is_counted_by_name) {
    with_store();
    begin_with_position(1s);
    link_->error_ = mqtt::errc::refused_by_capability;
    run_to(2s);
    publisher_->finish();
    EXPECT_EQ(counts().refused, 1U);
    EXPECT_THAT(counts().reasons, ElementsAre(testing::Pair("above the maximum packet size of the broker", 1)));
    expect_balance();
}

} // namespace
