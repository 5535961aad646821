// Generated vehicle identification numbers (ISO 3779; check digit by 49 CFR 565.15 and GB 16735).
#pragma once

#include <loadsim/base/ids.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loadsim::vehicle {

struct vin_options {
    std::string wmi = "LZ9";   ///< world manufacturer identifier: 3 characters
    std::string vds = "SMEV0"; ///< vehicle descriptor: 5 characters; the check digit follows it
    std::uint16_t year = 2026; ///< model year, 1980 to 2039
    friend bool operator==(const vin_options&, const vin_options&) = default;
};

/// Number of distinct VINs per options: one million serials for each of the 33 plant characters.
inline constexpr std::uint32_t vin_capacity = 33'000'000;

/// VIN of a vehicle: always 17 characters with a valid check digit. Layout: wmi, vds, check digit, year letter, plant, serial.
/// The first million vehicles have plant F, followed by G to Z, 0 to 9 and A to E. Independent of the seed: the platform under
/// test has its vehicles registered. A VIN may belong to a real vehicle: use on test platforms only.
/// Expects valid options (see check()) and an index below vin_capacity.
std::string vin_of(const vin_options&, vehicle_id);

/// Inverse of vin_of(); nullopt: not a VIN of these options.
std::optional<vehicle_id> vehicle_of(const vin_options&, std::string_view vin);

/// Correct 9th character ('0'-'9' or 'X') of a VIN; nullopt: not 17 characters of the VIN alphabet.
std::optional<char> check_digit(std::string_view vin);
bool is_valid(std::string_view vin);

/// Validation issue in one sentence; empty: valid.
std::string check(const vin_options&);

} // namespace loadsim::vehicle
