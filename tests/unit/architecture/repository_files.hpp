// Files of the repository.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace architecture {

inline const std::filesystem::path root{LOADSIM_ROOT};

inline std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(root / file);
    EXPECT_TRUE(in) << file;
    std::ostringstream text;
    text << in.rdbuf();
    return std::move(text).str();
}

} // namespace architecture
