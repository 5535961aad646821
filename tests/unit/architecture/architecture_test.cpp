#include "repository_files.hpp"
#include "rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using architecture::read_file;
using architecture::root;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

/// Headers and sources, from the root.
std::vector<std::string> files_below(std::initializer_list<const char*> folders) {
    std::vector<std::string> files;
    for (const auto* folder : folders) {
        if (!fs::exists(root / folder)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const auto extension = entry.path().extension();
            if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp")) continue;
            files.push_back(entry.path().lexically_relative(root).generic_string());
        }
    }
    return files;
}

struct row {
    const char* path;
    const char* text;
    std::size_t violations;
    const char* reason;
};

} // namespace

TEST(architecture_rules, a_dependency_missing_from_the_table_is_reported) {
    const row rows[] = {
        {"src/mqtt/a.cpp", "#include <loadsim/base/ids.hpp>\n", 0, "base is for all"},
        {"src/mqtt/a.cpp", "#include <loadsim/mqtt/packet.hpp>\n", 0, "its own public header"},
        {"src/net/a.cpp", "#include <loadsim/mqtt/packet.hpp>\n", 0, "the table has it"},
        {"src/mqtt/a.cpp", "#include <loadsim/net/tcp.hpp>\n", 1, "upward"},
        {"include/loadsim/mqtt/a.hpp", "#include <loadsim/net/tcp.hpp>\n", 1, "upward, from a public header"},
        {"src/base/a.cpp", "#include <loadsim/mqtt/packet.hpp>\n", 1, "base uses no module"},
        {"src/measure/a.cpp", "#include \"loadsim/verdict/budget.hpp\"\n", 1, "quotes do not hide it"},
        {"src/report/a.cpp", "  #  include <loadsim/run/run.hpp> // why\n", 1, "nor do blanks and a comment"},
        {"src/load/a.cpp", "// #include <loadsim/run/run.hpp>\n", 0, "a comment is not a dependency"},
        {"src/fleet/a.cpp", "#include <loadsim/backend/x.hpp>\n#include <loadsim/run/x.hpp>\n", 2, "each is reported"},
        {"src/gadgets/a.cpp", "", 1, "not a module"},
    };
    for (const auto& r : rows)
        EXPECT_EQ(architecture::forbidden_dependencies({r.path, r.text}, architecture::allowed_dependencies()).size(),
                  r.violations)
            << r.reason;
}

TEST(architecture_rules, the_table_has_no_cycle) {
    // Removes modules without remaining dependencies until nothing changes; a cycle would remain.
    auto remaining = architecture::allowed_dependencies();
    for (bool removed = true; removed;) {
        removed = std::erase_if(remaining, [&](const auto& module) {
                      for (const auto& used : module.second)
                          if (remaining.contains(used)) return false;
                      return true;
                  }) > 0;
    }
    EXPECT_THAT(remaining, IsEmpty());
}

TEST(architecture_rules, including_a_private_header_of_another_module_is_reported) {
    const row rows[] = {
        {"src/net/a.cpp", "#include \"tcp.hpp\"\n", 0, "beside it"},
        {"src/net/deep/a.cpp", "#include \"../tcp.hpp\"\n", 0, "above it, still inside"},
        {"src/net/a.cpp", "#include \"../mqtt/codec.hpp\"\n", 1, "next door"},
        {"src/net/a.cpp", "#include <../mqtt/codec.hpp>\n", 1, "next door, in angle brackets"},
        {"src/net/a.cpp", "#include <src/mqtt/codec.hpp>\n", 1, "from the root"},
        {"include/loadsim/net/a.hpp", "#include \"tcp.hpp\"\n", 1, "a face shows nothing of the inside"},
        {"src/net/a.cpp", "#include <vector>\n", 0, "a library"},
    };
    for (const auto& r : rows)
        EXPECT_EQ(architecture::private_includes({r.path, r.text}).size(), r.violations) << r.reason;
}

TEST(architecture_rules, heavy_headers_in_public_headers_are_reported) {
    const row rows[] = {
        {"include/loadsim/net/a.hpp", "#include <boost/beast/http.hpp>\n", 1, "Beast in a face"},
        {"include/loadsim/net/a.hpp", "#include <boost/asio/ssl/context.hpp>\n", 1, "a part of ssl"},
        {"include/loadsim/net/a.hpp", "#include <boost/json.hpp>\n", 1, "JSON in a face"},
        {"include/loadsim/net/a.hpp", "#include <boost/json/fwd.hpp>\n", 0, "names only"},
        {"src/report/a.hpp", "#include <boost/json.hpp>\n", 0, "a private header has few readers"},
        {"src/report/a.cpp", "#include <boost/json.hpp>\n", 0, "where it belongs"},
        {"include/loadsim/net/a.hpp", "#include <boost/asio/io_context.hpp>\n", 0, "plain Asio"},
    };
    for (const auto& r : rows)
        EXPECT_EQ(architecture::heavy_includes({r.path, r.text}).size(), r.violations) << r.reason;
}

TEST(architecture_rules, vague_names_are_reported) {
    EXPECT_THAT(architecture::vague_names("src/net/util.cpp"), testing::SizeIs(1));
    EXPECT_THAT(architecture::vague_names("src/fleet/session_manager.hpp"), testing::SizeIs(1));
    EXPECT_THAT(architecture::vague_names("src/common/time.cpp"), testing::SizeIs(1));
    EXPECT_THAT(architecture::vague_names("tests/unit/helpers.hpp"), testing::SizeIs(1));
    EXPECT_THAT(architecture::vague_names("src/net/utilisation.cpp"), IsEmpty()) << "only whole words";
}

TEST(architecture_rules, unexpected_entries_at_the_root_are_reported) {
    EXPECT_THAT(architecture::unexpected_entries({"src", "README.md", ".github", "build-asan"}), IsEmpty());
    EXPECT_THAT(architecture::unexpected_entries({"src", "notes.txt"}),
                ElementsAre("notes.txt: does not belong at the root"));
}

TEST(architecture, the_includes_follow_the_rules) {
    const auto files = files_below({"include", "src"});
    ASSERT_GT(files.size(), 10u) << "nothing was read";
    for (const auto& path : files) {
        const architecture::source_file f{path, read_file(path)};
        EXPECT_THAT(architecture::forbidden_dependencies(f, architecture::allowed_dependencies()), IsEmpty());
        EXPECT_THAT(architecture::private_includes(f), IsEmpty());
        EXPECT_THAT(architecture::heavy_includes(f), IsEmpty());
    }
}

TEST(architecture, the_file_names_follow_the_rules) {
    for (const auto& path : files_below({"include", "src", "tests", "bench"}))
        EXPECT_THAT(architecture::vague_names(path), IsEmpty());
}

TEST(architecture, the_root_follows_the_rules) {
    std::vector<std::string> entries;
    for (const auto& entry : fs::directory_iterator(root)) entries.push_back(entry.path().filename().string());
    ASSERT_THAT(entries, testing::Contains("CMakeLists.txt"));
    EXPECT_THAT(architecture::unexpected_entries(entries), IsEmpty());
}

TEST(architecture, every_module_on_disk_is_in_the_table) {
    for (const auto* folder : {"src", "include/loadsim"})
        for (const auto& entry : fs::directory_iterator(root / folder))
            EXPECT_TRUE(architecture::allowed_dependencies().contains(entry.path().filename().string()))
                << entry.path();
}
