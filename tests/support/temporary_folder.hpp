// Temporary folder, free port, and waiting with a timeout.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace harness {

/// New, empty folder; removed with its contents by the destructor.
class temporary_folder {
public:
    temporary_folder();
    ~temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
    /// Writes a file into the folder; returns its path.
    std::filesystem::path write(std::string_view name, std::string_view text) const;

private:
    std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path&); ///< empty if there is no such file

/// Loopback port that was free at the time of the call, below those that the kernel gives to outgoing connections: only a server that no
/// test has started can take it first. No other test gets it before this process ends. Threads: any.
std::uint16_t free_port();

/// True: a loopback port accepts TCP connections.
bool accepts_connections(std::uint16_t port);

/// Polls every 5 ms until the predicate holds; false on timeout.
bool wait_until(const std::function<bool()>& predicate, std::chrono::milliseconds timeout = std::chrono::seconds{8});

} // namespace harness
