// README checks: commands, exit codes and links exist.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

const std::filesystem::path root{LOADSIM_ROOT};

std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(root / file);
    EXPECT_TRUE(in) << file;
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

/// Text from a second-level heading to the next one.
std::string section(const std::string& page, const std::string& heading) {
    const auto start = page.find("\n## " + heading + "\n");
    EXPECT_NE(start, std::string::npos) << heading;
    const auto end = page.find("\n## ", start + 1);
    return page.substr(start, end - start);
}

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
    const std::regex expression(pattern, std::regex::multiline);
    std::vector<std::string> found;
    for (std::sregex_iterator m(text.begin(), text.end(), expression), end; m != end; ++m) found.push_back((*m)[1]);
    return found;
}

} // namespace

TEST(readme, start_section_has_two_existing_commands) {
    const auto commands = all_matches(section(read_file("README.md"), "Start"), R"(^    (\S+(?: \S+)*))");
    ASSERT_THAT(commands, testing::SizeIs(2));
    EXPECT_THAT(commands[0], testing::StartsWith("scripts/loadsim run scenarios/quickstart.yaml"));
    EXPECT_THAT(commands[1], testing::StartsWith("scripts/test"));
    for (const auto* script : {"scripts/loadsim", "scripts/test", ".ci/run"})
        EXPECT_EQ(::access((root / script).c_str(), X_OK), 0) << script;
    EXPECT_TRUE(exists(root / "scenarios/quickstart.yaml"));
}

TEST(readme, lists_exactly_the_defined_exit_codes) {
    const auto documented_codes = all_matches(section(read_file("README.md"), "Gate a CI job"), R"(^\| (\d+) \|)");
    const auto code = read_file("include/loadsim/verdict/verdict.hpp");
    const auto begin = code.find("enum class exit_code");
    const auto defined_codes = all_matches(code.substr(begin, code.find("};", begin) - begin), R"(= (\d+),)");
    EXPECT_EQ(std::set<std::string>(documented_codes.begin(), documented_codes.end()),
              std::set<std::string>(defined_codes.begin(), defined_codes.end()));
    EXPECT_EQ(documented_codes.size(), defined_codes.size());
}

TEST(readme, relative_links_exist) {
    for (const auto& link : all_matches(read_file("README.md"), R"(\]\(([^):#]+)\))"))
        EXPECT_TRUE(exists(root / link)) << link;
}
