// Reference of the scenario keys: docs/scenario-reference.md is current and complete, its examples are valid.
#include "scenario_text.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

using namespace loadsim::scenario;

namespace {

const std::filesystem::path project_root{LOADSIM_ROOT};

/// Rows of all tables of keys.
std::vector<std::string> key_rows(const std::string& page) {
    std::vector<std::string> rows;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("| `")) rows.push_back(line);
    return rows;
}

} // namespace

TEST(schema_reference, the_page_in_docs_is_current) {
    EXPECT_TRUE(file_text(project_root / "docs/scenario-reference.md") == schema_reference())
        << "write it anew: loadsim schema --reference > docs/scenario-reference.md";
}

TEST(schema_reference, every_key_has_a_sentence_and_an_example_or_keys_of_its_own) {
    const auto rows = key_rows(schema_reference());
    EXPECT_GT(rows.size(), 250U);
    for (const auto& row : rows) {
        EXPECT_THAT(row, testing::MatchesRegex(".*[.)?] \\| .*\\|")) << "a sentence ends so";
        if (row.find("](#") == std::string::npos) {
            EXPECT_THAT(row, testing::EndsWith("` |")) << "an example";
        }
    }
}

TEST(schema_reference, every_link_has_its_heading) {
    const auto page = schema_reference();
    const std::regex link(R"(\]\(#([^)]*)\))");
    std::set<std::string> anchors;
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("## ")) {
            std::string anchor;
            for (const char c : line.substr(3))
                if (std::isalnum(static_cast<unsigned char>(c)) != 0)
                    anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            EXPECT_TRUE(anchors.insert(anchor).second) << line << " is there twice";
        }
    std::size_t links = 0;
    for (std::sregex_iterator m(page.begin(), page.end(), link), end; m != end; ++m, ++links)
        EXPECT_TRUE(anchors.contains((*m)[1])) << (*m)[1];
    EXPECT_GT(links, 50U);
}

TEST(schema_reference, every_example_scenario_is_valid) {
    for (const auto* name : {"TOKEN", "FLEET_PASSWORD", "BROKER_PASSWORD", "API_PASSWORD", "WEBHOOK_SECRET",
                             "WEBHOOK_KEY", "KEY_PASSWORD"})
        ::setenv(name, "secret", 1);
    const auto data = std::filesystem::path(testing::TempDir()) / "loadsim-reference-cars.csv";
    {
        std::ofstream out(data);
        out << "colour\n";
        for (int i = 0; i < 2000; ++i) out << "red\n";
    }
    auto text = file_text(project_root / "data/example_scenarios.yaml");
    text.replace(text.find("cars.csv"), std::string_view("cars.csv").size(), data.string());
    const auto common = std::filesystem::path(testing::TempDir()) / "loadsim-reference-common.yaml";
    std::ofstream(common) << "seed: 2\n";
    text.replace(text.find("common.yaml"), std::string_view("common.yaml").size(), common.string());
    text.replace(text.find("route.geojson"), std::string_view("route.geojson").size(),
                 (project_root / "data/routes/made_up.geojson").string());
    text.replace(text.find("vehicle.desc"), std::string_view("vehicle.desc").size(),
                 LOADSIM_TEST_DATA "/protobuf/vehicle.desc");
    text.replace(text.find("car.py"), std::string_view("car.py").size(),
                 (project_root / "scenarios/edge-cases/external-program.py").string());
    const std::string client =
        "tls: {ca: ca.pem, certificate: client.pem, key: client.key"; // of Kafka; these are opened
    const auto readable = (project_root / "LICENSE").string();
    text.replace(text.find(client), client.size(),
                 "tls: {ca: " + readable + ", certificate: " + readable + ", key: " + readable);
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        const auto end = std::min(text.find("\n---\n", at), text.size());
        EXPECT_EQ(problems_of(text.substr(at, end - at)), "") << "scenario " << count;
        at = std::min(end + 5, text.size());
    }
    EXPECT_EQ(count, 10U);
    std::filesystem::remove(data);
    std::filesystem::remove(common);
}
