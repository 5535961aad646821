// Documentation checks: commands, exit codes, relative links, the module table and the paths of ARCHITECTURE.md.
#include "repository_files.hpp"
#include "rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace fs = std::filesystem;
using architecture::read_file;
using architecture::root;

namespace {

/// Text from a second-level heading to the next one.
std::string section(const std::string& page, const std::string& heading) {
    const auto start = page.find("\n## " + heading + "\n");
    EXPECT_NE(start, std::string::npos) << heading;
    const auto end = page.find("\n## ", start + 1);
    return page.substr(start, end - start);
}

/// Texts of the first group of all matches.
std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
    const std::regex expression(pattern, std::regex::multiline);
    std::vector<std::string> found;
    for (std::sregex_iterator m(text.begin(), text.end(), expression), end; m != end; ++m) found.push_back((*m)[1]);
    return found;
}

std::set<std::string> unique(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

/// The text without fenced code blocks.
std::string prose_of(const std::string& page) {
    std::string prose;
    std::istringstream lines(page);
    bool in_code = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("```"))
            in_code = !in_code;
        else if (!in_code)
            prose += line + '\n';
    }
    return prose;
}

/// Markdown pages at the root, and those below docs/ and bench/results/.
std::vector<fs::path> pages() {
    std::vector<fs::path> all;
    const auto add = [&all](const fs::path& file) {
        if (file.extension() == ".md") all.push_back(file.lexically_relative(root));
    };
    for (const auto& entry : fs::directory_iterator(root)) add(entry.path());
    for (const auto* folder : {"docs", "bench/results"})
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) add(entry.path());
    return all;
}

/// Anchor that GitHub makes of a heading: lower case, '-' for blanks, no punctuation.
std::string anchor_of(const std::string& heading) {
    std::string anchor;
    for (const char c : heading) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == ' ')
            anchor += '-';
        else if (std::isalnum(byte) != 0 || c == '-' || c == '_' || byte >= 0x80)
            anchor += static_cast<char>(std::tolower(byte));
    }
    return anchor;
}

std::set<std::string> anchors_of(const std::string& prose) {
    std::set<std::string> anchors;
    std::istringstream lines(prose);
    for (std::string line; std::getline(lines, line);) {
        const auto level = line.find_first_not_of('#');
        if (level == 0 || level == std::string::npos || line[level] != ' ') continue;
        const auto begin = line.find_first_not_of(' ', level);
        if (begin != std::string::npos)
            anchors.insert(anchor_of(line.substr(begin, line.find_last_not_of(' ') + 1 - begin)));
    }
    return anchors;
}

/// Relative links: what is between "](" and ")", without blanks and without the colon of a URL.
std::vector<std::string> links_of(const std::string& prose) {
    std::vector<std::string> links;
    for (auto at = prose.find("]("); at != std::string::npos; at = prose.find("](", at + 2)) {
        const auto end = prose.find_first_of(") \t\n:", at + 2);
        if (end != std::string::npos && prose[end] == ')' && end > at + 2)
            links.push_back(prose.substr(at + 2, end - at - 2));
    }
    return links;
}

} // namespace

TEST(readme, start_section_has_the_commands_of_the_package_and_of_the_checkout) {
    const auto commands = all_matches(section(read_file("README.md"), "Start"), R"(^    (\S+(?: \S+)*))");
    ASSERT_THAT(commands, testing::SizeIs(4));
    EXPECT_THAT(commands[0], testing::StartsWith("apt install ./loadsim_*.deb"));
    EXPECT_THAT(commands[1], testing::StartsWith("loadsim run quickstart"));
    EXPECT_THAT(commands[2], testing::StartsWith("scripts/loadsim run quickstart"));
    EXPECT_THAT(commands[3], testing::StartsWith("scripts/test"));
    for (const auto* script : {"scripts/loadsim", "scripts/package", "scripts/test", ".ci/run"})
        EXPECT_EQ(::access((root / script).c_str(), X_OK), 0) << script;
    EXPECT_TRUE(exists(root / "scenarios/quickstart.yaml"));
}

TEST(readme, is_at_most_200_lines) {
    const auto text = read_file("README.md");
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 200);
}

TEST(readme, lists_exactly_the_defined_exit_codes) {
    const auto code = read_file("include/loadsim/verdict/verdict.hpp");
    const auto begin = code.find("enum class exit_code");
    const auto defined_codes = all_matches(code.substr(begin, code.find("};", begin) - begin), R"(= (\d+),)");
    const auto in_readme = all_matches(section(read_file("README.md"), "Gate a CI job"), R"(^\| (\d+) \|)");
    const auto in_ci_page = all_matches(section(read_file("docs/ci.md"), "Exit codes"), R"(^\| (\d+) \|)");
    for (const auto& documented_codes : {in_readme, in_ci_page}) {
        EXPECT_EQ(unique(documented_codes), unique(defined_codes));
        EXPECT_EQ(documented_codes.size(), defined_codes.size());
    }
}

TEST(documentation, relative_links_and_anchors_exist) {
    std::map<fs::path, std::string> prose;
    for (const auto& page : pages()) prose.emplace(page, prose_of(read_file(page)));
    ASSERT_GT(prose.size(), 20u) << "nothing was read";
    std::map<fs::path, std::set<std::string>> anchors;
    for (const auto& [page, text] : prose) anchors.emplace(page, anchors_of(text));
    std::size_t checked = 0;
    for (const auto& [page, text] : prose)
        for (const auto& link : links_of(text)) {
            ++checked;
            const auto hash = link.find('#');
            const auto target = hash == 0 ? page : (page.parent_path() / link.substr(0, hash)).lexically_normal();
            EXPECT_TRUE(exists(root / target)) << page << ": " << link;
            if (hash != std::string::npos && exists(root / target)) {
                EXPECT_THAT(anchors[target], testing::Contains(link.substr(hash + 1))) << page << ": " << link;
            }
        }
    EXPECT_GT(checked, 100u);
}

TEST(documentation, the_module_table_equals_the_rules) {
    const auto table = section(read_file("ARCHITECTURE.md"), "Modules");
    const std::regex row(R"(^\| ([a-z0-9_]+) \| [^|]* \| (-|[a-z0-9_]+(?: [a-z0-9_]+)*) \|$)", std::regex::multiline);
    architecture::dependency_table documented;
    for (std::sregex_iterator m(table.begin(), table.end(), row), end; m != end; ++m) {
        auto& used = documented[(*m)[1]];
        std::istringstream names((*m)[2]);
        for (std::string name; names >> name;)
            if (name != "-") used.insert(name);
    }
    EXPECT_EQ(documented, architecture::allowed_dependencies());
}

TEST(documentation, the_paths_in_the_architecture_page_exist) {
    const auto paths =
        all_matches(read_file("ARCHITECTURE.md"), R"(`((?:bench|cmake|docs|include|scenarios|src|tests)/[^`<>*]+)`)");
    ASSERT_GT(paths.size(), 20u);
    for (const auto& path : paths) EXPECT_TRUE(exists(root / path)) << path;
}
