#include <loadsim/report/report_folder.hpp>
#include <loadsim/report/run_folder.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace loadsim::report {

folder_lock::~folder_lock() {
    if (file_ >= 0) ::close(file_);
}

folder_lock::folder_lock(folder_lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

folder_lock& folder_lock::operator=(folder_lock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
}

// The folder and not run.json, which is replaced when the load begins, and is not there before a run has begun.
result<folder_lock> folder_lock::take(const std::filesystem::path& folder, std::string_view flag) {
    folder_lock made(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (made.file_ < 0 || ::flock(made.file_, LOCK_EX | LOCK_NB) == 0) return made;
    if (errno != EWOULDBLOCK) return folder_lock{};
    return problems{folder.string(),
                    "is in use by a run that has not ended; wait for its end, or name another folder with " +
                        std::string(flag)};
}

result<run_folder> take_folder(const std::filesystem::path& path, std::string_view flag,
                               problems (*remove_old)(const std::filesystem::path&)) {
    std::error_code unknown; // make_folder() reports it
    if (!std::filesystem::exists(path, unknown))
        if (const auto made = make_folder(path, flag); !made) return made.error();
    auto lock = folder_lock::take(path, flag);
    if (!lock) return lock.error();
    if (remove_old != nullptr)
        if (auto kept = remove_old(path); !kept.empty()) return kept;
    if (const auto made = make_folder(path, flag); !made) return made.error();
    return run_folder{path, std::move(*lock)};
}

result<run_folder> take_new_folder(const std::filesystem::path& path) {
    auto made = make_new_folder(path);
    if (!made) return made.error();
    auto lock = folder_lock::take(*made, "--report");
    if (!lock) return lock.error();
    return run_folder{std::move(*made), std::move(*lock)};
}

} // namespace loadsim::report
