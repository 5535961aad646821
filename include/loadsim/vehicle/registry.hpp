// Vehicle registry: VINs and data of all vehicles, generated or read from a CSV file.
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
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>

namespace loadsim::vehicle {

/// VINs and CSV rows of a fleet, indexed by vehicle. Copies are cheap: they share the table.
///
/// CSV format (RFC 4180), in UTF-8: the first line names the columns; each following line is one vehicle, in order; excess lines
/// are not read. A column named vin (case-insensitive) replaces the generated VINs; a file with VINs in another column is refused.
/// Threads: const, any.
class registry {
public:
    registry(const vin_options&, std::uint32_t vehicles); ///< generated VINs, no table

    /// Errors: each with file, line and, for a cell, column (bytes from 1); at most 20. Memory: the rows of the vehicles.
    static result<registry> load(const vin_options&, std::uint32_t vehicles, const std::filesystem::path& csv);
    /// load() from the content of a file; errors contain `name` as the file name.
    static result<registry> parse(const vin_options&, std::uint32_t vehicles, std::string_view text,
                                  const std::string& name);

    /// "file:line:column" of a vehicle's cell, for a problem: reads the file again. Only the file's name if it has changed.
    static std::string place_of(const std::filesystem::path& csv, vehicle_id, std::size_t column);

    std::string vin_of(vehicle_id) const;
    std::optional<vehicle_id> vehicle_of(std::string_view vin) const;
    /// The vehicle that a user names: by its VIN; by its index; or by a value of any column of its row. Errors: none, or several
    /// vehicles; the text is part of a sentence.
    result<vehicle_id> find(std::string_view text) const;

    bool has_vins() const;                        ///< the file has a column of VINs
    std::span<const std::string> columns() const; ///< empty without a file
    std::span<const std::string> row(vehicle_id) const;
    std::uint32_t size() const noexcept { return vehicles_; }

private:
    static result<registry> parse(const vin_options&, std::uint32_t vehicles, std::streambuf&, const std::string& name);

    struct table;
    vin_options options_;
    std::uint32_t vehicles_;
    std::shared_ptr<const table> table_; ///< null: no file
};

/// First two vehicles with equal `text_of`, such as a client id; nullopt: all differ. Calls `text_of` once per vehicle, and again for
/// equal hashes. Temporary memory: 16 bytes per vehicle.
std::optional<std::pair<vehicle_id, vehicle_id>> first_duplicate(std::uint32_t vehicles,
                                                                 const std::function<std::string(vehicle_id)>& text_of);

} // namespace loadsim::vehicle
