#include "bench_environment.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace loadsim::bench {
namespace {

std::filesystem::path created_folder(const std::filesystem::path& folder) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    return folder;
}

target::mosquitto started_broker(const std::filesystem::path& folder) {
    auto broker = target::mosquitto::start(folder);
    if (!broker) throw std::runtime_error(to_string(broker.error()));
    return std::move(*broker);
}

} // namespace

bench_environment::bench_environment(const bench::programs& all, const std::filesystem::path& scratch,
                                     const std::string& name, std::filesystem::path certificates)
    : programs_(all), folder_(created_folder(scratch / name)), certificates_(std::move(certificates)) {
    if (certificates_.empty())
        broker_ = started_broker(folder_);
    else
        tls_broker_.emplace(certificates_, folder_);
}

} // namespace loadsim::bench
