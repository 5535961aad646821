// Temporary run folder for the spools of ranks.
#pragma once

#include <loadsim/cluster/spool.hpp>

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace loadsim::run {

class spool_folder {
public:
    spool_folder() {
        auto name = (std::filesystem::temp_directory_path() / "loadsim-ranks-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~spool_folder() { std::filesystem::remove_all(path_); }
    spool_folder(const spool_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path of_rank(std::uint32_t rank) const { return cluster::spool_folder(path_, rank); }

private:
    std::filesystem::path path_;
};

} // namespace loadsim::run
