// Fuzzer: arbitrary bytes as the file of fleet.data. Invariants: rejected with locations, or each vehicle has a cell for each column,
// and each VIN of a column finds its vehicle.
#include <loadsim/vehicle/registry.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace loadsim;

// First byte: number of vehicles, less one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint32_t vehicles = data[0] + 1U;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto read = vehicle::registry::parse({}, vehicles, text, "cars.csv");
    if (!read) {
        if (read.error().empty()) std::abort();
        for (const auto& p : read.error().list)
            if (!p.location.starts_with("cars.csv") || p.text.empty()) std::abort();
        return 0;
    }
    for (std::uint32_t i = 0; i < vehicles; ++i) {
        const vehicle_id v{i};
        if (read->row(v).size() != read->columns().size() || read->vehicle_of(read->vin_of(v)) != v) std::abort();
        for (const auto& cell : read->row(v))
            if (cell.find('\0') != std::string::npos) std::abort();
    }
    return 0;
}
