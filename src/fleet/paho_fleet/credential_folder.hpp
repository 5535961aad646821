// Files of the vehicles' certificates and keys: Paho reads them from files alone.
#pragma once

#include <loadsim/base/result.hpp>
#include <loadsim/certificate/certificate.hpp>

#include <filesystem>
#include <string>

namespace loadsim::fleet {

/// Folder among the system's temporary files, which other users cannot enter; removed with the object.
class credential_folder {
public:
    credential_folder() = default;
    ~credential_folder();
    credential_folder(const credential_folder&) = delete;
    credential_folder& operator=(const credential_folder&) = delete;

    /// PEM file of that name, with certificate, chain and key; written on the first call. Errors: located by its path.
    result<std::string> file_of(const std::string& name, const certificate::credentials&);

private:
    std::filesystem::path path_; ///< empty: not made yet
};

} // namespace loadsim::fleet
