#include <loadsim/vehicle/behaviour.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using namespace loadsim::vehicle;
using namespace std::chrono_literals;

namespace {

using word = step::kind;

step wait_for(delay d) { return {word::wait, d, {}}; }
step say(word what, std::string code = {}) { return {what, {}, std::move(code)}; }
const behaviour& built_in(std::string_view name) {
    for (const auto& b : built_in_behaviours())
        if (b.name == name) return b;
    throw std::out_of_range(std::string(name));
}
std::vector<word> words(const behaviour& b) {
    std::vector<word> all;
    for (const auto& s : b.steps) all.push_back(s.what);
    return all;
}

} // namespace

TEST(built_in_behaviours, are_what_their_names_say) {
    ASSERT_EQ(built_in_behaviours().size(), 4U);
    EXPECT_THAT(words(built_in("success")), testing::ElementsAre(word::wait, word::ack, word::wait, word::executed));
    EXPECT_THAT(words(built_in("failure")), testing::ElementsAre(word::wait, word::ack, word::wait, word::failed));
    EXPECT_EQ(built_in("failure").steps.back().code, "door_open");
    EXPECT_TRUE(built_in("timeout").steps.empty());
    EXPECT_TRUE(built_in("timeout").online) << "gets the command and says nothing";
    EXPECT_FALSE(built_in("offline").online);
}

TEST(built_in_behaviours, are_usable_and_expect_what_follows_from_them) {
    for (const auto& b : built_in_behaviours()) {
        EXPECT_THAT(check(b), testing::IsEmpty()) << b.name;
        EXPECT_EQ(b.expected, expected_of(b.online, b.steps)) << b.name;
    }
    EXPECT_EQ(built_in("success").expected, outcome::executed);
    EXPECT_EQ(built_in("failure").expected, outcome::failed);
    EXPECT_EQ(built_in("timeout").expected, outcome::timed_out);
    EXPECT_EQ(built_in("offline").expected, outcome::timed_out);
}

TEST(expected_of, first_final_word_decides_and_silence_times_out) {
    EXPECT_EQ(expected_of(true, {say(word::ack), say(word::executed)}), outcome::executed);
    EXPECT_EQ(expected_of(true, {say(word::failed, "x")}), outcome::failed) << "no acknowledgement needed";
    EXPECT_EQ(expected_of(true, {say(word::failed, "x"), say(word::executed)}), outcome::failed);
    EXPECT_EQ(expected_of(true, {say(word::ack), say(word::running)}), outcome::timed_out) << "never ends";
    EXPECT_EQ(expected_of(true, {}), outcome::timed_out);
    EXPECT_EQ(expected_of(false, {say(word::executed)}), outcome::timed_out) << "nobody hears it";
}

TEST(check_behaviour, names_what_makes_no_sense) {
    using kind = delay::kind;
    const struct {
        behaviour b;
        const char* what;
    } rows[] = {
        {{"", true, {say(word::executed)}}, "needs a name"},
        {{"b", false, {say(word::ack)}}, "offline takes no steps"},
        {{"b", true, {say(word::executed), say(word::running)}}, "step 2 comes after the final word"},
        {{"b", true, {say(word::executed), say(word::executed)}}, "step 2 comes after the final word"},
        {{"b", true, {say(word::failed, "x"), wait_for({})}}, "step 2 comes after the final word"},
        {{"b", true, {say(word::failed)}}, "step 1 fails without a code"},
        {{"b", true, {say(word::ack), wait_for({kind::uniform, 20ms, 10ms, {}})}}, "step 2: max is less than min"},
        {{"b", true, {wait_for({kind::lognormal, 20ms, 10ms, {}})}}, "p99 is less than the median"},
        {{"b", true, {wait_for({kind::lognormal, 0ms, 10ms, {}})}}, "median of a lognormal"},
        {{"b", true, {wait_for({kind::normal, -1ms, 10ms, {}})}}, "never negative"},
        {{"b", true, {wait_for({kind::fixed, 1ms, 0ms, -1ms})}}, "never negative"},
        {{"b", true, {}, outcome::skipped}, "cannot be expected"},
    };
    for (const auto& row : rows) EXPECT_THAT(check(row.b), testing::ElementsAre(testing::HasSubstr(row.what)));
}

TEST(check_behaviour, lets_pass_what_platforms_get) {
    const behaviour rows[] = {
        {"final without ack", true, {say(word::executed)}},
        {"two acks", true, {say(word::ack), say(word::ack), say(word::executed)}},
        {"progress before the ack", true, {say(word::running), say(word::ack), say(word::failed, "x")}},
        {"ack and then nothing", true, {say(word::ack)}, outcome::timed_out},
        {"late",
         true,
         {say(word::ack), wait_for({delay::kind::fixed, 1h, {}, {}}), say(word::executed)},
         outcome::timed_out},
        {"refused by the platform", false, {}, outcome::rejected}};
    for (const auto& b : rows) EXPECT_THAT(check(b), testing::IsEmpty()) << b.name;
}
