#include "text_format.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::report;
using namespace std::chrono_literals;

TEST(text_format, counts_have_thousands_separators) {
    EXPECT_EQ(human_count(0), "0");
    EXPECT_EQ(human_count(999), "999");
    EXPECT_EQ(human_count(1000), "1,000");
    EXPECT_EQ(human_count(1'234'567), "1,234,567");
    EXPECT_EQ(human_count(123'456), "123,456");
}

TEST(text_format, latencies_have_three_digits_and_a_suitable_unit) {
    EXPECT_EQ(human_latency(0ns), "0.00 ms");
    EXPECT_EQ(human_latency(140us), "0.14 ms");
    EXPECT_EQ(human_latency(9'996us), "10.0 ms") << "not 10.00";
    EXPECT_EQ(human_latency(41'200us), "41.2 ms");
    EXPECT_EQ(human_latency(99'960us), "100 ms") << "not 100.0";
    EXPECT_EQ(human_latency(999'400us), "999 ms");
    EXPECT_EQ(human_latency(999'600us), "1.00 s") << "not 1000 ms";
    EXPECT_EQ(human_latency(75s), "75.0 s");
}

TEST(text_format, elapsed_time_is_in_whole_seconds) {
    EXPECT_EQ(human_elapsed(999ms), "0s");
    EXPECT_EQ(human_elapsed(59'999ms), "59s");
    EXPECT_EQ(human_elapsed(65s), "1m05s");
    EXPECT_EQ(human_elapsed(3h + 7min + 59s), "3h07m");
}

TEST(text_format, rates) {
    EXPECT_EQ(human_rate(0), "0/s");
    EXPECT_EQ(human_rate(0.5), "0.5/s");
    EXPECT_EQ(human_rate(5), "5/s");
    EXPECT_EQ(human_rate(199.6), "200/s");
    EXPECT_EQ(human_rate(12'000), "12,000/s");
}

TEST(text_format, bytes) {
    EXPECT_EQ(human_bytes(999), "999 B");
    EXPECT_EQ(human_bytes(12'345), "12.3 kB");
    EXPECT_EQ(human_bytes(999'600), "1.00 MB");
    EXPECT_EQ(human_bytes(4'560'000'000), "4.56 GB");
}

TEST(text_format, a_percentage_is_never_rounded_to_0_or_100) {
    EXPECT_EQ(human_percentage(1, 100'000), "<0.1 %");
    EXPECT_EQ(human_percentage(99'999, 100'000), ">99.9 %");
    EXPECT_EQ(human_percentage(0, 10), "0.0 %");
    EXPECT_EQ(human_percentage(10, 10), "100.0 %");
    EXPECT_EQ(human_percentage(799, 1000), "79.9 %");
    EXPECT_EQ(human_percentage(0, 0), "-");
}

TEST(text_format, display_width_is_in_columns) {
    EXPECT_EQ(display_width("plain"), 5u);
    EXPECT_EQ(display_width("Größe"), 5u) << "two bytes, one column";
    EXPECT_EQ(display_width("✓"), 1u) << "three bytes, one column";
    EXPECT_EQ(display_width("高峰"), 4u) << "double width";
    EXPECT_EQ(truncate_to_width("高峰", 3), "高") << "never half a character";
    EXPECT_EQ(truncate_to_width("abc", 5), "abc");
    EXPECT_EQ(pad_right("ü", 3), "ü  ");
    EXPECT_EQ(pad_left("高", 3), " 高");
    EXPECT_EQ(display_width("\xE9"), 1u) << "not UTF-8: still an end";
}

TEST(text_format, colours_and_combining_marks_have_no_width) {
    EXPECT_EQ(display_width("\x1b[31mFAIL\x1b[0m"), 4u);
    EXPECT_EQ(display_width("\x1b]0;x"), 5u) << "no colour: all characters count";
    EXPECT_EQ(display_width("u\u0308"), 1u);
}

TEST(text_format, lines_are_wrapped_at_blanks) {
    EXPECT_EQ(wrap_lines("one two three\n", 8), "one two\n          three\n") << "below the text of a label";
    EXPECT_EQ(wrap_lines("    one two three four\nfive\n", 18), "    one two three\n        four\nfive\n");
    EXPECT_EQ(wrap_lines("    one two\n", 11), "    one two\n") << "as wide as allowed";
    EXPECT_EQ(wrap_lines("    /a/path/longer/than/that of it\n", 12),
              "    /a/path/longer/than/that\n        of\n        it\n")
        << "a path stays whole";
    EXPECT_EQ(wrap_lines("a b c d e f", 0), "a b c d e f");
}

TEST(text_format, a_table_leaves_out_columns_that_do_not_fit) {
    const std::vector<row> rows{{"name", "p50", "p99", "meaning"}, {"a", "1", "2", "a sentence"}};
    const auto at = [&rows](std::size_t width) {
        return table(rows, {.left_aligned = 1, .text_from = 3, .width = width, .optional_columns = {3, 1}});
    };
    EXPECT_EQ(at(30), "    name  p50  p99  meaning\n    a       1    2  a sentence\n") << "just fits";
    EXPECT_EQ(at(29), "    name  p50  p99\n    a       1    2\n");
    EXPECT_EQ(at(17), "    name  p99\n    a       2\n");
    EXPECT_EQ(table({{"a long name of a phase", "12"}}, {.width = 20}), "    a long na...  12\n") << "texts are cut";
}

TEST(text_format, cells_of_a_table_cannot_control_the_terminal) {
    EXPECT_EQ(table({{"a\x1b[2J", "1"}, {"b\n", "2"}}), "    a\\x1b[2J  1\n    b\\x0a     2\n");
}
