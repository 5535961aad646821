#include "rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

std::vector<house::file> files_below(std::initializer_list<const char*> folders) {
    const fs::path root(LOADSIM_ROOT);
    std::vector<house::file> files;
    for (const auto* folder : folders) {
        if (!fs::exists(root / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const auto kind = entry.path().extension();
            if (!entry.is_regular_file() || (kind != ".hpp" && kind != ".cpp")) continue;
            std::ifstream in(entry.path());
            files.push_back({entry.path().lexically_relative(root).generic_string(),
                             std::string(std::istreambuf_iterator<char>(in), {})});
        }
    }
    return files;
}

struct row {
    const char* path;
    const char* text;
    std::size_t breaches;
    const char* reason;
};

} // namespace

TEST(house_rules, an_arrow_that_the_table_does_not_have_is_seen) {
    const row rows[] = {
        {"src/mqtt/a.cpp", "#include <loadsim/base/ids.hpp>\n", 0, "base is for all"},
        {"src/mqtt/a.cpp", "#include <loadsim/mqtt/packet.hpp>\n", 0, "one's own face"},
        {"src/net/a.cpp", "#include <loadsim/mqtt/packet.hpp>\n", 0, "the table has it"},
        {"src/mqtt/a.cpp", "#include <loadsim/net/tcp.hpp>\n", 1, "upward"},
        {"include/loadsim/mqtt/a.hpp", "#include <loadsim/net/tcp.hpp>\n", 1, "upward, from a face"},
        {"src/base/a.cpp", "#include <loadsim/mqtt/packet.hpp>\n", 1, "base uses nothing of ours"},
        {"src/measure/a.cpp", "#include \"loadsim/verdict/budget.hpp\"\n", 1, "quotes do not hide it"},
        {"src/report/a.cpp", "  #  include <loadsim/run/run.hpp> // why\n", 1, "nor do blanks and a comment"},
        {"src/load/a.cpp", "// #include <loadsim/run/run.hpp>\n", 0, "a comment is no arrow"},
        {"src/fleet/a.cpp", "#include <loadsim/backend/x.hpp>\n#include <loadsim/run/x.hpp>\n", 2, "each is told"},
        {"src/gadgets/a.cpp", "", 1, "a module that is not in the house"},
    };
    for (const auto& r : rows)
        EXPECT_EQ(house::wrong_arrows({r.path, r.text}, house::allowed_arrows()).size(), r.breaches) << r.reason;
}

TEST(house_rules, the_table_has_no_circle) {
    // Peel off modules that use nothing that is left; a circle would stay.
    auto left = house::allowed_arrows();
    for (bool peeled = true; peeled;) {
        peeled = std::erase_if(left, [&](const auto& module) {
                     for (const auto& used : module.second)
                         if (left.contains(used)) return false;
                     return true;
                 }) > 0;
    }
    EXPECT_THAT(left, IsEmpty());
}

TEST(house_rules, the_inside_of_another_module_is_out_of_reach) {
    const row rows[] = {
        {"src/net/a.cpp", "#include \"tcp.hpp\"\n", 0, "beside it"},
        {"src/net/deep/a.cpp", "#include \"../tcp.hpp\"\n", 0, "above it, still inside"},
        {"src/net/a.cpp", "#include \"../mqtt/codec.hpp\"\n", 1, "next door"},
        {"src/net/a.cpp", "#include <../mqtt/codec.hpp>\n", 1, "next door, in angle brackets"},
        {"src/net/a.cpp", "#include <src/mqtt/codec.hpp>\n", 1, "from the root"},
        {"include/loadsim/net/a.hpp", "#include \"tcp.hpp\"\n", 1, "a face shows nothing of the inside"},
        {"src/net/a.cpp", "#include <vector>\n", 0, "a library"},
    };
    for (const auto& r : rows) EXPECT_EQ(house::borrowed_privates({r.path, r.text}).size(), r.breaches) << r.reason;
}

TEST(house_rules, slow_headers_stay_inside_modules) {
    const row rows[] = {
        {"include/loadsim/net/a.hpp", "#include <boost/beast/http.hpp>\n", 1, "Beast in a face"},
        {"include/loadsim/net/a.hpp", "#include <boost/asio/ssl/context.hpp>\n", 1, "a part of ssl"},
        {"include/loadsim/net/a.hpp", "#include <boost/json.hpp>\n", 1, "JSON in a face"},
        {"include/loadsim/net/a.hpp", "#include <boost/json/fwd.hpp>\n", 0, "names only"},
        {"src/report/a.hpp", "#include <boost/json.hpp>\n", 0, "a private header has few readers"},
        {"src/report/a.cpp", "#include <boost/json.hpp>\n", 0, "where it belongs"},
        {"include/loadsim/net/a.hpp", "#include <boost/asio/io_context.hpp>\n", 0, "plain Asio"},
    };
    for (const auto& r : rows) EXPECT_EQ(house::heavy_includes({r.path, r.text}).size(), r.breaches) << r.reason;
}

TEST(house_rules, names_say_what_is_inside) {
    EXPECT_THAT(house::empty_names("src/net/util.cpp"), testing::SizeIs(1));
    EXPECT_THAT(house::empty_names("src/fleet/session_manager.hpp"), testing::SizeIs(1));
    EXPECT_THAT(house::empty_names("src/common/time.cpp"), testing::SizeIs(1));
    EXPECT_THAT(house::empty_names("tests/unit/helpers.hpp"), testing::SizeIs(1));
    EXPECT_THAT(house::empty_names("src/net/utilisation.cpp"), IsEmpty()) << "only whole words";
}

TEST(house_rules, the_root_has_a_place_for_everything) {
    EXPECT_THAT(house::strangers({"src", "README.md", ".github", "build-asan"}), IsEmpty());
    EXPECT_THAT(house::strangers({"src", "notes.txt"}), ElementsAre("notes.txt: has no place at the root"));
}

TEST(house, the_code_keeps_the_rules) {
    const auto files = files_below({"include", "src"});
    ASSERT_GT(files.size(), 10u) << "nothing was read";
    for (const auto& f : files) {
        EXPECT_THAT(house::wrong_arrows(f, house::allowed_arrows()), IsEmpty());
        EXPECT_THAT(house::borrowed_privates(f), IsEmpty());
        EXPECT_THAT(house::heavy_includes(f), IsEmpty());
    }
}

TEST(house, the_names_keep_the_rules) {
    for (const auto& f : files_below({"include", "src", "tests", "bench"}))
        EXPECT_THAT(house::empty_names(f.path), IsEmpty());
}

TEST(house, the_root_keeps_the_rules) {
    std::vector<std::string> entries;
    for (const auto& entry : fs::directory_iterator(LOADSIM_ROOT)) entries.push_back(entry.path().filename().string());
    ASSERT_THAT(entries, testing::Contains("CMakeLists.txt"));
    EXPECT_THAT(house::strangers(entries), IsEmpty());
}

TEST(house, every_module_on_disk_is_in_the_table) {
    for (const auto* place : {"src", "include/loadsim"})
        for (const auto& entry : fs::directory_iterator(fs::path(LOADSIM_ROOT) / place))
            EXPECT_TRUE(house::allowed_arrows().contains(entry.path().filename().string())) << entry.path();
}
