// Who the vehicles are: made-up VINs, or the lines of somebody's CSV.
#pragma once

#include <loadsim/base/ids.hpp>
#include <loadsim/base/result.hpp>
#include <loadsim/vehicle/vin.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::vehicle {

/// Every vehicle of a fleet by its place in it. A copy is cheap: the table of a file is shared.
///
/// A file is a CSV (RFC 4180) whose first line names the columns; the n-th line after it is the n-th vehicle, and lines that no
/// vehicle needs are not read. A column called vin, in letters of any size, replaces the made-up VINs.
/// Threads: const, any.
class registry {
public:
    registry(const vin_options&, std::uint32_t vehicles); ///< made-up VINs, no table

    /// Errors: each with file and line; twenty of them at most.
    static result<registry> load(const vin_options&, std::uint32_t vehicles, const std::filesystem::path& csv);
    /// The same from what the file holds; `name` is the file's in the places of errors.
    static result<registry> parse(const vin_options&, std::uint32_t vehicles, std::string_view text,
                                  const std::string& name);

    std::string vin_of(vehicle_id) const;
    std::optional<vehicle_id> vehicle_of(std::string_view vin) const;

    std::span<const std::string> columns() const; ///< empty without a file
    std::span<const std::string> row(vehicle_id) const;
    std::uint32_t size() const noexcept { return vehicles_; }

private:
    struct table;
    vin_options options_;
    std::uint32_t vehicles_;
    std::shared_ptr<const table> table_; ///< null: no file
};

/// Two vehicles that `text_of` says the same of, such as a client id; nullopt: all differ. Calls it once for each vehicle, and again
/// for those that look alike. Needs 16 bytes for each vehicle while it works.
std::optional<std::pair<vehicle_id, vehicle_id>> first_duplicate(std::uint32_t vehicles,
                                                                 const std::function<std::string(vehicle_id)>& text_of);

} // namespace loadsim::vehicle
