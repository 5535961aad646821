#include <loadsim/vehicle/registry.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

using namespace loadsim;
using namespace loadsim::vehicle;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

const vin_options usual_vins;

result<registry> parsed(std::uint32_t vehicles, std::string_view text) {
    return registry::parse(usual_vins, vehicles, text, "cars.csv");
}

registry good(std::uint32_t vehicles, std::string_view text) {
    auto made = parsed(vehicles, text);
    EXPECT_TRUE(made) << text << "\n" << to_string(made.error());
    return made ? *made : registry(usual_vins, vehicles);
}

std::string wrong(std::uint32_t vehicles, std::string_view text) {
    const auto made = parsed(vehicles, text);
    return made ? "" : to_string(made.error());
}

} // namespace

TEST(registry, generates_vins_without_a_file) {
    const registry cars(usual_vins, 3);
    EXPECT_EQ(cars.size(), 3U);
    EXPECT_EQ(cars.vin_of(vehicle_id{2}), vehicle::vin_of(usual_vins, vehicle_id{2}));
    EXPECT_EQ(cars.vehicle_of(cars.vin_of(vehicle_id{2})), vehicle_id{2});
    EXPECT_EQ(cars.vehicle_of(vehicle::vin_of(usual_vins, vehicle_id{3})), std::nullopt) << "not of this fleet";
    EXPECT_EQ(cars.vehicle_of("x"), std::nullopt);
    EXPECT_TRUE(cars.columns().empty());
    EXPECT_TRUE(cars.row(vehicle_id{0}).empty());
}

TEST(registry, reads_vins_and_values_from_a_file) {
    const auto cars = good(2, "vin,user, pass word \r\nV1,carl,x\r\nV2,eve,\r\nV1,not needed\r\n");
    EXPECT_THAT(cars.columns(), ElementsAre("vin", "user", "pass word"));
    EXPECT_THAT(cars.row(vehicle_id{0}), ElementsAre("V1", "carl", "x"));
    EXPECT_THAT(cars.row(vehicle_id{1}), ElementsAre("V2", "eve", ""));
    EXPECT_EQ(cars.vin_of(vehicle_id{1}), "V2");
    EXPECT_EQ(cars.vehicle_of("V2"), vehicle_id{1});
    EXPECT_EQ(cars.vehicle_of("V3"), std::nullopt);
    EXPECT_EQ(cars.vehicle_of(vehicle::vin_of(usual_vins, vehicle_id{0})), std::nullopt);
    const auto copy = cars;
    EXPECT_EQ(copy.vehicle_of("V1"), vehicle_id{0});
}

TEST(registry, finds_a_vehicle_as_a_user_names_it) {
    const auto cars = good(12, "vin,user,serial\nV0,carl,7\nV1,eve,x\nV2,eve,3\nV3,,\nV4,,\nV5,,\nV6,,\nV7,,\nV8,,\n"
                               "V9,,\nV10,,\nV11,anna,11\n");
    EXPECT_EQ(cars.find("V2").value(), vehicle_id{2}) << "VIN";
    EXPECT_EQ(cars.find("2").value(), vehicle_id{2}) << "index";
    EXPECT_EQ(cars.find("carl").value(), vehicle_id{0}) << "value";
    EXPECT_EQ(cars.find("11").value(), vehicle_id{11}) << "index and value of the same vehicle";
    EXPECT_EQ(to_string(cars.find("7").error()),
              "'7' is the index or a value of 2 vehicles, such as V7 and V0; name one by its VIN");
    EXPECT_EQ(to_string(cars.find("eve").error()),
              "'eve' is the index or a value of 2 vehicles, such as V1 and V2; name one by its VIN");
    EXPECT_EQ(to_string(cars.find("12").error()),
              "'12' is no VIN, no index from 0 to 11 and no value of fleet.data in this fleet");
    EXPECT_EQ(to_string(registry(usual_vins, 3).find("-1").error()),
              "'-1' is no VIN, no index from 0 to 2 in this fleet");
}

TEST(registry, generates_vins_for_a_file_without_a_vin_column) {
    const auto cars = good(2, "user\ncarl\neve\n");
    EXPECT_EQ(cars.vin_of(vehicle_id{1}), vehicle::vin_of(usual_vins, vehicle_id{1}));
    EXPECT_EQ(cars.vehicle_of(cars.vin_of(vehicle_id{1})), vehicle_id{1});
    EXPECT_THAT(cars.row(vehicle_id{1}), ElementsAre("eve"));
    EXPECT_EQ(good(1, "serial,VIN\n1,V9\n").vin_of(vehicle_id{0}), "V9") << "in letters of any size";
}

TEST(registry, reads_csv_by_rfc_4180) {
    const struct {
        std::string_view text;
        std::vector<std::string> first;
        std::string_view why;
    } cases[] = {
        {"a,b\nx,y", {"x", "y"}, "no line end after the last"},
        {"a,b\r\nx,y\r", {"x", "y"}, "half of one"},
        {"\xef\xbb\xbf"
         "a,b\nx,y\n",
         {"x", "y"},
         "a byte order mark"},
        {"a,b\n,\n", {"", ""}, "empty cells"},
        {"a,b\n\r\n\nx,y\n", {"x", "y"}, "empty lines"},
        {"a,b\n\"x\",\"y\"\r\n", {"x", "y"}, "quotes"},
        {"\"a\",\"b\"\n\"x,1\",\"y\"\"2\"\"\"\n", {"x,1", "y\"2\""}, "a comma and quotes within them"},
        {"a,b\n\"x\r\ny\",z\n", {"x\r\ny", "z"}, "a line end within them"},
        {"a,b\n\"\",\"\"\n", {"", ""}, "nothing within them"},
        {"a,b\n\" x \",y z\n", {" x ", "y z"}, "blanks are part of a cell"},
        {"a,b\nx\r,y\n", {"x\r", "y"}, "a lone CR, too"},
    };
    for (const auto& c : cases) {
        const auto cars = good(1, c.text);
        const auto row = cars.row(vehicle_id{0});
        EXPECT_EQ(std::vector<std::string>(row.begin(), row.end()), c.first) << c.why;
    }
}

TEST(registry, reports_problems_with_line_and_remedy) {
    const struct {
        std::string_view text, why;
    } cases[] = {
        {"", "cars.csv: there is nothing in it; the first line names the columns"},
        {"\n\n", "cars.csv: there is nothing in it; the first line names the columns"},
        {"a,,b\n", "cars.csv:1:3: column 2 has no name; the first line names them all"},
        {"a,b, a\n", "cars.csv:1:5: the column 'a' is there twice"},
        {"a}\n", "cars.csv:1:1: the column 'a}' has a brace in its name, and no template could name it"},
        {"vin,Vin\n", "cars.csv:1:5: the columns 'vin' and 'Vin' are both VINs"},
        {"a,b\nx\ny,z\n", "cars.csv:2: 1 cell, but the first line names 2 columns"},
        {"a\n\nx,y,z\ny\n", "cars.csv:3: 3 cells, but the first line names 1 column"},
        {"a\n\"x\ny\"\n\"z\n", "cars.csv:4:1: a quote that does not close"},
        {"a,b\n\"x\"y,z\nx,y\n", "cars.csv:2:4: text behind a cell's closing quote"},
        {"a,b\nx\"y,z\nx,y\n", "cars.csv:2:2: a quote within a cell that does not begin with one"},
        {"a\nx\n", "cars.csv: it has 1 vehicle, and the fleet has 2; add lines, or let fleet.vehicles be 1"},
        {"a\n", "cars.csv: it has 0 vehicles, and the fleet has 2; add lines"},
        {"vin\nV1\nV1\n", "cars.csv:3: the VIN 'V1' is there twice, first in line 2"},
        {"vin,a\n,x\nV2,y\n", "cars.csv:2:1: this vehicle has no VIN"},
        {"vin\nV1\nV/2\n", "cars.csv:3:1: 'V/2': a VIN is a level of topics, which has no / + or #"},
        {"vin;owner\nV1;a\nV2;b\n", "cars.csv:1:4: the cells are separated by ';'; separate them by commas (RFC 4180)"},
        {"vin\towner\n", "cars.csv:1:4: the cells are separated by tabs; separate them by commas (RFC 4180)"},
        {"WZ9XX11010F000001,a\nWZ9XX11010F000002,b\n",
         "cars.csv:1:1: 'WZ9XX11010F000001' is a VIN; the first line names the columns, such as vin,user"},
        {"VIN Nr,owner\nWZ9XX11010F000001,a\n",
         "cars.csv:1:1: the column 'VIN Nr' is not used for the VINs; name the one that holds them vin"},
        {"owner,chassis\na,WZ9XX11010F000001\nb,WZ9XX11010F000002\n",
         "cars.csv:2:3: the column 'chassis' holds VINs; name it vin"},
        {std::string_view("\xff\xfev\0i\0n\0", 8), "cars.csv: this is UTF-16 or no text; save it as UTF-8"},
        {std::string_view("\0v\0i\0n", 6), "cars.csv: this is UTF-16 or no text; save it as UTF-8"},
        {"user\nJ\xe4ger\nx\n",
         "cars.csv:2:1: byte 2 of this cell is 0xe4, which is not UTF-8; save the file as UTF-8"},
        {"a,user\nx,e\x01\ny,z\n",
         "cars.csv:2:3: byte 2 of this cell is 0x01, a control character, which MQTT and JSON do not carry"},
        {"vin,user\nV1,ann \nV2,bob\n",
         "cars.csv:2:4: 'ann ' begins or ends with a blank; remove it, or write the cell in quotes"},
        {"vin\nV1\n\"V2 \"\n", "cars.csv:3:1: 'V2 ': a VIN has no blanks and line ends"},
        {"vin\nV1\n+\n", "cars.csv:3:1: '+': a VIN is a level of topics, which has no / + or #"},
    };
    for (const auto& c : cases) EXPECT_EQ(wrong(2, c.text), c.why) << c.text;
    EXPECT_THAT(wrong(2, std::string_view("vin\nV\0\nV2\n", 11)),
                HasSubstr("cars.csv:2:1: byte 2 of this cell is 0x00, a control character"));
    EXPECT_EQ(std::ranges::count(wrong(3, "vin,a\n,x\nV\nV#,z\n"), '\n'), 2) << "all that is wrong";
    std::string many = "a,b\n";
    for (int i = 0; i < 100; ++i) many += "x\n";
    EXPECT_EQ(std::ranges::count(wrong(100, many), '\n'), 19) << "but not without end";
}

TEST(registry, reads_no_more_than_it_needs) {
    const auto cars = good(1, "vin\nV1\nV1,never read\n\xff");
    EXPECT_EQ(cars.vin_of(vehicle_id{0}), "V1");
    EXPECT_THAT(wrong(1, "a\n" + std::string(70'000, 'x')),
                HasSubstr("cars.csv:2:1: a cell of more than 65535 bytes, the longest text of MQTT"));
    EXPECT_THAT(wrong(1, "a\n\"" + std::string(70'000, 'x')), HasSubstr("is its quote closed?"));
    EXPECT_THAT(wrong(1, std::string(70'000, ',')), HasSubstr("more than 10000 cells in a line"));
    EXPECT_EQ(to_string(registry::load(usual_vins, 1, "/dev/zero").error()),
              "/dev/zero: this is no regular file; it is read more than once");
}

TEST(registry, knows_whether_the_file_has_vins) {
    EXPECT_TRUE(good(1, "vin\nV1\n").has_vins());
    EXPECT_FALSE(good(1, "user\nx\n").has_vins());
    EXPECT_FALSE(registry(usual_vins, 1).has_vins());
}

TEST(registry, loads_a_file) {
    const auto path = std::filesystem::temp_directory_path() / "loadsim-registry_test.csv";
    std::ofstream(path) << "vin\nV1\n";
    const auto cars = registry::load(usual_vins, 1, path);
    ASSERT_TRUE(cars) << to_string(cars.error());
    EXPECT_EQ(cars->vin_of(vehicle_id{0}), "V1");
    const auto few = registry::load(usual_vins, 2, path);
    ASSERT_FALSE(few);
    EXPECT_THAT(to_string(few.error()), HasSubstr(path.string() + ": it has 1 vehicle, and the fleet has 2"));
    std::ofstream(path, std::ios::trunc) << "";
    EXPECT_THAT(to_string(registry::load(usual_vins, 1, path).error()), HasSubstr("there is nothing in it"));
    std::filesystem::remove(path);
    EXPECT_EQ(to_string(registry::load(usual_vins, 1, path).error()),
              path.string() + ": cannot be read: No such file or directory");
    EXPECT_THAT(to_string(registry::load(usual_vins, 1, path.parent_path()).error()), HasSubstr("this is a folder"));
}

TEST(first_duplicate, finds_the_first_two_equal_texts) {
    const auto of = [](std::vector<std::string> names) {
        return first_duplicate(static_cast<std::uint32_t>(names.size()), [&](vehicle_id v) { return names[index(v)]; });
    };
    using pair = std::pair<vehicle_id, vehicle_id>;
    EXPECT_EQ(of({}), std::nullopt);
    EXPECT_EQ(of({"a"}), std::nullopt);
    EXPECT_EQ(of({"a", "b", "c"}), std::nullopt);
    EXPECT_EQ(of({"a", "b", "a", "b"}), (pair{vehicle_id{0}, vehicle_id{2}})) << "the first";
    EXPECT_EQ(of({"c", "b", "b", "c"}), (pair{vehicle_id{1}, vehicle_id{2}})) << "the first to be one too many";
    EXPECT_EQ(first_duplicate(100'000, [](vehicle_id) { return "same"; }), (pair{vehicle_id{0}, vehicle_id{1}}));
}
