#include "paho_fleet/credential_folder.hpp"

#include <loadsim/base/new_file.hpp>

#include <cerrno>
#include <system_error>

#include <stdlib.h>

namespace loadsim::fleet {

credential_folder::~credential_folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

result<std::string> credential_folder::file_of(const std::string& name, const certificate::credentials& own) {
    std::error_code error;
    if (path_.empty()) {
        auto made = (std::filesystem::temp_directory_path(error) / "loadsim-certificates-XXXXXX").string();
        if (::mkdtemp(made.data()) == nullptr) // mode 0700
            return problems{made, "cannot be made: " + std::generic_category().message(errno)};
        path_ = made;
    }
    const auto file = path_ / (name + ".pem");
    if (std::filesystem::exists(file, error)) return file.string();
    if (auto written = write_new_file(file, to_pem(own.certificate) + to_pem(own.chain) + to_pem(own.key)); !written)
        return written.error();
    return file.string();
}

} // namespace loadsim::fleet
