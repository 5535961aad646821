// Environment of one run: folder, broker and program paths.
#pragma once

#include <loadsim/target/mosquitto.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace loadsim::bench {

struct programs {
    std::filesystem::path baseline;
    std::filesystem::path loadsim;
    std::filesystem::path engine;
    std::filesystem::path paho;
};

/// Starts a new broker with the same configuration for each run: leftovers of the previous run (retained messages in the broker,
/// connections in TIME_WAIT, which slow down source port selection) must not affect the next one.
class bench_environment {
public:
    bench_environment(const programs&, const std::filesystem::path& scratch, const std::string& name);

    const bench::programs& programs() const noexcept { return programs_; }
    const std::filesystem::path& folder() const noexcept { return folder_; }
    std::string port() const { return std::to_string(broker_.broker().port); }
    std::string url() const { return net::to_string(broker_.broker()); }

private:
    bench::programs programs_;
    std::filesystem::path folder_;
    target::mosquitto broker_;
};

} // namespace loadsim::bench
