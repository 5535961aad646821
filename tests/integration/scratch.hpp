// What every integration test needs around it: a folder of its own, a free port, and patience with an end.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace stage {

/// A new, empty folder, removed with all that is in it.
class scratch {
public:
    scratch();
    ~scratch();
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;

    const std::filesystem::path& path() const noexcept { return path_; }
    std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
    /// Writes a file into it; returns its path.
    std::filesystem::path write(std::string_view name, std::string_view text) const;

private:
    std::filesystem::path path_;
};

std::string contents(const std::filesystem::path&); ///< empty when there is no such file

/// A loopback port that was free a moment ago.
std::uint16_t free_port();

/// Whether somebody accepts TCP connections there.
bool answers(std::uint16_t port);

/// Looks every few milliseconds until it holds; false when it never did.
bool wait_until(const std::function<bool()>& holds, std::chrono::milliseconds at_most = std::chrono::seconds{8});

} // namespace stage
