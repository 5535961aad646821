#include <loadsim/base/input.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/stat.h>

using namespace loadsim;
using namespace std::chrono_literals;

namespace {

std::string error_of(const std::string& path) {
    const auto read = read_file(path, 100, 0ms);
    return read ? "no error" : read.error().list.front().text;
}

} // namespace

TEST(input, reads_a_file_up_to_the_limit) {
    const auto folder = std::filesystem::path(testing::TempDir()) / "loadsim-input-test";
    std::filesystem::create_directories(folder);
    const auto file = (folder / "file").string();
    std::ofstream(file) << std::string(100, 'x');
    EXPECT_EQ(read_file(file, 100).value(), std::string(100, 'x'));
    EXPECT_EQ(read_file(file, 100).value().size(), 100U) << "again";
    std::ofstream(file, std::ios::app) << 'x';
    EXPECT_EQ(error_of(file), "cannot be read (it is larger than 100 bytes)");
    EXPECT_EQ(error_of("/dev/zero"), "cannot be read (it is larger than 100 bytes)");
    EXPECT_EQ(read_file("/dev/null", 100).value(), "");
    EXPECT_EQ(error_of(folder / "absent"), "cannot be read (No such file or directory)");
    EXPECT_EQ(error_of(folder), "cannot be read (Is a directory)");
    const auto pipe = folder / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(error_of(pipe), "cannot be read (it is a pipe that sends nothing for 0 s)");
    std::filesystem::remove_all(folder);
}
