// Folder of one run: made or replaced, and locked against other runs.
#pragma once

#include <loadsim/base/result.hpp>

#include <filesystem>
#include <string_view>

namespace loadsim::report {

/// Exclusive use of a folder, until destroyed or the process ends. Processes that it starts do not inherit it.
class folder_lock {
public:
    folder_lock() = default; ///< of no folder
    ~folder_lock();
    folder_lock(folder_lock&&) noexcept;
    folder_lock& operator=(folder_lock&&) noexcept;

    /// Errors: a run has the folder; `flag` names another one. Of a file system without such locks (NFS), and of what is no folder that
    /// can be read, the lock is of no folder.
    static result<folder_lock> take(const std::filesystem::path&, std::string_view flag);

private:
    explicit folder_lock(int file) : file_(file) {}

    int file_ = -1;
};

struct run_folder {
    std::filesystem::path path;
    folder_lock lock{};
};

/// Takes the folder for a run: a new or empty one, or with `remove_old` one whose content that function removes. It is locked before
/// its content is read, so that of two runs with one folder the second is refused. Errors: those of make_folder(), of `remove_old` and
/// of the lock.
result<run_folder> take_folder(const std::filesystem::path&, std::string_view flag,
                               problems (*remove_old)(const std::filesystem::path&) = nullptr);

/// Takes a folder that did not exist: see make_new_folder().
result<run_folder> take_new_folder(const std::filesystem::path&);

} // namespace loadsim::report
