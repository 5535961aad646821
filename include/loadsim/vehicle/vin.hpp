// Vehicle identification numbers of a made-up fleet (ISO 3779; check digit by 49 CFR 565.15 and GB 16735).
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

/// How many different vehicles these options can name: a million serials for each of the 33 characters that a plant can
/// be.
inline constexpr std::uint32_t vin_capacity = 33'000'000;

/// The VIN of a vehicle: always 17 characters with a right check digit. Layout: wmi, vds, check digit, year letter,
/// plant, serial. The first million vehicles are of plant F; then come G to Z, 0 to 9 and A to E. Not a function of the
/// seed, on purpose: the platform under test has its cars registered. A VIN may by chance be somebody's: use on test
/// platforms only. Needs options that check() finds usable and an index below vin_capacity.
std::string vin_of(const vin_options&, vehicle_id);

/// The vehicle a VIN of these options belongs to; nullopt for any other text.
std::optional<vehicle_id> vehicle_of(const vin_options&, std::string_view vin);

/// The right 9th character for these 17 ('0'-'9' or 'X'); nullopt: not 17 characters of the VIN alphabet.
std::optional<char> check_digit(std::string_view vin);
bool is_valid(std::string_view vin);

/// One sentence about what is wrong with them; empty when usable.
std::string check(const vin_options&);

} // namespace loadsim::vehicle
