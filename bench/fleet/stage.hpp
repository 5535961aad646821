// Where a run takes place: a folder, a broker of its own, the programs.
#pragma once

#include <loadsim/target/mosquitto.hpp>

#include <cstdint>
#include <filesystem>
#include <string>

namespace loadsim::bench {

struct programs {
    std::filesystem::path floor;
    std::filesystem::path loadsim;
    std::filesystem::path engine;
    std::filesystem::path paho;
};

/// A broker for one run. A new one each time, always with the same configuration: what the run before has left (retained
/// messages there, connections in TIME_WAIT here, which make the kernel look long for a source port) would be a cost of the next.
class stage {
public:
    stage(const programs&, const std::filesystem::path& scratch, const std::string& name);

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
