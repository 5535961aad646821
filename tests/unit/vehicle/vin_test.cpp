#include <loadsim/vehicle/vin.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::vehicle;

TEST(vin, check_digit_of_published_examples) {
    for (const std::string_view vin : {"1M8GDM9AXKP042788", "11111111111111111", "5GZCZ43D13S812715",
                                       "1HGBH41JXMN109186", "1G1BL52P7TR115520", "LZ9SMEV05TF000001"}) {
        EXPECT_EQ(check_digit(vin), vin[8]) << vin;
        EXPECT_TRUE(is_valid(vin)) << vin;
        for (std::size_t i = 0; i < vin.size(); ++i) {
            if (i == 8) continue;
            std::string typo{vin};
            typo[i] = typo[i] == '1' ? '2' : '1';
            if (check_digit(typo) != check_digit(vin)) {
                EXPECT_FALSE(is_valid(typo)) << typo;
            }
        }
    }
}

// Each character at a position of weight 2, where distinct values below 10 give distinct remainders: the values of
// 49 CFR 565.15, table III, spelled out.
TEST(vin, every_character_has_its_value) {
    const std::pair<char, int> table[] = {
        {'0', 0}, {'1', 1}, {'2', 2}, {'3', 3}, {'4', 4}, {'5', 5}, {'6', 6}, {'7', 7}, {'8', 8}, {'9', 9}, {'A', 1},
        {'B', 2}, {'C', 3}, {'D', 4}, {'E', 5}, {'F', 6}, {'G', 7}, {'H', 8}, {'J', 1}, {'K', 2}, {'L', 3}, {'M', 4},
        {'N', 5}, {'P', 7}, {'R', 9}, {'S', 2}, {'T', 3}, {'U', 4}, {'V', 5}, {'W', 6}, {'X', 7}, {'Y', 8}, {'Z', 9}};
    for (const auto& [letter, value] : table) {
        std::string vin(17, '0');
        vin[16] = letter;
        const int rest = value * 2 % 11;
        EXPECT_EQ(check_digit(vin), rest == 10 ? 'X' : static_cast<char>('0' + rest)) << letter;
    }
}

TEST(vin, other_text_has_no_check_digit) {
    for (const auto* text : {"", "1M8GDM9AXKP04278", "1M8GDM9AXKP0427888", "IM8GDM9AXKP042788", "OM8GDM9AXKP042788",
                             "QM8GDM9AXKP042788", "1m8GDM9AXKP042788", "1M8GDM9A-KP042788"}) {
        EXPECT_EQ(check_digit(text), std::nullopt) << text;
        EXPECT_FALSE(is_valid(text)) << text;
    }
    EXPECT_FALSE(is_valid("1M8GDM9A0KP042788")) << "X is right";
}

TEST(vin, golden_vehicles) {
    const vin_options usual;
    EXPECT_EQ(vin_of(usual, vehicle_id{1}), "LZ9SMEV05TF000001");
    const struct {
        std::uint32_t index;
        std::string_view rest;
        const char* why;
    } rows[] = {{0, "TF000000", "serials start at 0"},   {999'999, "TF999999", "last of the first plant"},
                {1'000'000, "TG000000", "next plant"},   {3'000'007, "TJ000007", "I is no letter of a VIN"},
                {17'000'000, "TZ000000", "last letter"}, {18'000'000, "T0000000", "digits follow"},
                {28'000'000, "TA000000", "then A to E"}, {vin_capacity - 1, "TE999999", "the very last"}};
    for (const auto& row : rows) {
        const auto vin = vin_of(usual, vehicle_id{row.index});
        EXPECT_EQ(vin.substr(9), row.rest) << row.why;
        EXPECT_TRUE(is_valid(vin)) << vin;
        EXPECT_EQ(vehicle_of(usual, vin), vehicle_id{row.index}) << row.why;
    }
}

TEST(vin, year_letters) {
    const std::pair<std::uint16_t, char> rows[] = {{1980, 'A'}, {1988, 'J'}, {1993, 'P'}, {1996, 'T'}, {1997, 'V'},
                                                   {2000, 'Y'}, {2001, '1'}, {2009, '9'}, {2010, 'A'}, {2025, 'S'},
                                                   {2026, 'T'}, {2027, 'V'}, {2030, 'Y'}, {2031, '1'}, {2039, '9'}};
    for (const auto& [year, letter] : rows) EXPECT_EQ(vin_of({.year = year}, vehicle_id{0})[9], letter) << year;
}

TEST(vin, round_trip_is_the_same_vehicle) {
    const vin_options german{.wmi = "WZ9", .vds = "ABCDE", .year = 2025};
    for (std::uint32_t i = 0; i < vin_capacity; i += 9'973) {
        const auto vin = vin_of(german, vehicle_id{i});
        ASSERT_TRUE(is_valid(vin)) << vin;
        ASSERT_EQ(vehicle_of(german, vin), vehicle_id{i}) << vin;
    }
}

TEST(vin, of_other_makers_has_no_vehicle) {
    for (const auto* text : {"1M8GDM9AXKP042788", "", "LZ9SMEV05TF00001", "LZ9SMEV06TF000001", "LZ9SMEV05SF000001",
                             "LZ9SMEV05TI000001", "LZ9SMEV05TF00000A", "LZ9SMEV05TF-00001", "lz9SMEV05TF000001"})
        EXPECT_EQ(vehicle_of({}, text), std::nullopt) << text;
}

TEST(vin, invalid_options_are_reported) {
    EXPECT_EQ(check(vin_options{}), "");
    const std::pair<vin_options, const char*> rows[] = {{{.wmi = "LZ"}, "wmi"},        {{.wmi = "LZ9X"}, "wmi"},
                                                        {{.wmi = "LO9"}, "wmi"},       {{.wmi = "lz9"}, "wmi"},
                                                        {{.vds = "SMEV"}, "vds"},      {{.vds = "SMEV0X"}, "vds"},
                                                        {{.vds = "SMEVI"}, "vds"},     {{.vds = "SME 0"}, "vds"},
                                                        {{.year = 1979}, "year must"}, {{.year = 2040}, "year must"}};
    for (const auto& [options, what] : rows) EXPECT_TRUE(check(options).starts_with(what)) << check(options);
    EXPECT_EQ(check(vin_options{.year = 1980}), "");
    EXPECT_EQ(check(vin_options{.year = 2039}), "");
}
