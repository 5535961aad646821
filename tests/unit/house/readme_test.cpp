// What README promises and a test can check: its commands, its exit codes, its links.
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

std::string text_of(const std::filesystem::path& file) {
    std::ifstream in(root / file);
    EXPECT_TRUE(in) << file;
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

/// From a heading to the next of its level.
std::string section(const std::string& page, const std::string& heading) {
    const auto start = page.find("\n## " + heading + "\n");
    EXPECT_NE(start, std::string::npos) << heading;
    const auto end = page.find("\n## ", start + 1);
    return page.substr(start, end - start);
}

std::vector<std::string> all(const std::string& text, const std::string& pattern) {
    const std::regex expression(pattern, std::regex::multiline);
    std::vector<std::string> found;
    for (std::sregex_iterator m(text.begin(), text.end(), expression), end; m != end; ++m) found.push_back((*m)[1]);
    return found;
}

} // namespace

TEST(readme, starts_with_two_commands_that_are_there) {
    const auto commands = all(section(text_of("README.md"), "Start"), R"(^    (\S+(?: \S+)*))");
    ASSERT_THAT(commands, testing::SizeIs(2));
    EXPECT_THAT(commands[0], testing::StartsWith("scripts/loadsim run scenarios/quickstart.yaml"));
    EXPECT_THAT(commands[1], testing::StartsWith("scripts/test"));
    for (const auto* script : {"scripts/loadsim", "scripts/test", ".ci/run"})
        EXPECT_EQ(::access((root / script).c_str(), X_OK), 0) << script;
    EXPECT_TRUE(exists(root / "scenarios/quickstart.yaml"));
}

TEST(readme, tells_exactly_the_exit_codes_there_are) {
    const auto told = all(section(text_of("README.md"), "Gate a CI job"), R"(^\| (\d+) \|)");
    const auto code = text_of("include/loadsim/verdict/conclusion.hpp");
    const auto begin = code.find("enum class exit_code");
    const auto meant = all(code.substr(begin, code.find("};", begin) - begin), R"(= (\d+),)");
    EXPECT_EQ(std::set<std::string>(told.begin(), told.end()), std::set<std::string>(meant.begin(), meant.end()));
    EXPECT_EQ(told.size(), meant.size());
}

TEST(readme, links_to_what_is_there) {
    for (const auto& link : all(text_of("README.md"), R"(\]\(([^):#]+)\))")) EXPECT_TRUE(exists(root / link)) << link;
}
