#include <loadsim/target/preflight.hpp>

#include <gmock/gmock.h>

using namespace loadsim;
using testing::HasSubstr;

TEST(open_files, as_many_as_needed_are_enough) { EXPECT_TRUE(target::check_open_files(1000, 1000)); }

TEST(source_ports, too_few_is_one_sentence_with_both_numbers_and_the_remedy) {
    EXPECT_TRUE(target::check_source_ports(28'232, 28'232));
    const auto checked = target::check_source_ports(40'000, 28'232);
    ASSERT_FALSE(checked);
    const auto text = to_string(checked.error());
    for (const auto* part : {"40000", "28232", "ip_local_port_range", "fleet.vehicles"})
        EXPECT_THAT(text, HasSubstr(part));
}

TEST(open_files, too_few_is_one_sentence_with_both_numbers_and_the_remedy) {
    const auto checked = target::check_open_files(20'500, 20'000);
    ASSERT_FALSE(checked);
    ASSERT_EQ(checked.error().list.size(), 1U);
    const auto text = to_string(checked.error());
    for (const auto* part : {"20500", "20000", "ulimit -Hn", "fleet.vehicles"}) EXPECT_THAT(text, HasSubstr(part));
}
