// Fixture with a temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

namespace loadsim::report::sample_run {

class temporary_folder : public testing::Test {
protected:
    temporary_folder() {
        auto pattern = (std::filesystem::temp_directory_path() / "loadsim-report-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
    }
    ~temporary_folder() override { std::filesystem::remove_all(folder); }

    std::string text(const char* name) const {
        std::ifstream in(folder / name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::vector<std::string> lines(const char* name) const {
        std::vector<std::string> all;
        std::ifstream in(folder / name);
        for (std::string line; std::getline(in, line);) all.push_back(line);
        return all;
    }
    void write(const char* name, std::string_view contents) const {
        std::ofstream(folder / name, std::ios::binary) << contents;
    }

    std::filesystem::path folder;
};

} // namespace loadsim::report::sample_run
