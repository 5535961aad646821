#include <loadsim/vehicle/vin.hpp>

#include <array>
#include <cassert>
#include <charconv>

namespace loadsim::vehicle {
namespace {

constexpr std::size_t vin_length = 17;
constexpr std::size_t check_digit_position = 8;
constexpr std::size_t plant_position = 10;
constexpr std::size_t serial_position = 11;
constexpr std::uint32_t serials_per_plant = 1'000'000;

// 49 CFR 565.15, table III: no I, O, Q; S has value 2, not 1.
constexpr std::string_view alphabet = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ";
constexpr std::string_view values = "012345678912345678123457923456789";
constexpr std::array<int, vin_length> weights{8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};

constexpr std::string_view year_letters = "ABCDEFGHJKLMNPRSTVWXY123456789"; // from 1980, repeated from 2010
constexpr int first_year = 1980;
constexpr int last_year = 2039;

// All plant characters once. 'F' first: a fleet's first VIN is LZ9…F000000.
constexpr std::string_view plants = "FGHJKLMNPRSTUVWXYZ0123456789ABCDE";

static_assert(alphabet.size() == values.size());
static_assert(plants.size() == alphabet.size() && plants.size() * serials_per_plant == vin_capacity);
static_assert(year_letters.size() * 2 == last_year - first_year + 1);

constexpr std::int8_t invalid_character = -1;
/// Value of each byte, as a lookup table: VINs are computed for every connect and request.
constexpr auto character_values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(invalid_character);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(values[i] - '0');
    return table;
}();

constexpr bool in_alphabet(std::string_view text) { return text.find_first_not_of(alphabet) == std::string_view::npos; }

} // namespace

std::string vin_of(const vin_options& options, vehicle_id vehicle) {
    assert(check(options).empty() && index(vehicle) < vin_capacity);
    std::string vin;
    vin.reserve(vin_length);
    vin += options.wmi;
    vin += options.vds;
    vin += '0'; // check digit placeholder, weight 0
    vin += year_letters[static_cast<std::size_t>(options.year - first_year) % year_letters.size()];
    vin += plants[index(vehicle) / serials_per_plant];
    for (std::uint32_t unit = serials_per_plant / 10, rest = index(vehicle) % serials_per_plant; unit > 0; unit /= 10)
        vin += static_cast<char>('0' + rest / unit % 10);
    vin[check_digit_position] = *check_digit(vin);
    return vin;
}

std::optional<vehicle_id> vehicle_of(const vin_options& options, std::string_view vin) {
    if (vin.size() != vin_length) return std::nullopt;
    const auto plant = plants.find(vin[plant_position]);
    if (plant == std::string_view::npos) return std::nullopt;
    std::uint32_t serial = 0;
    const auto digits = vin.substr(serial_position);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), serial);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    const vehicle_id vehicle{static_cast<std::uint32_t>(plant) * serials_per_plant + serial};
    // Regenerates the VIN to compare maker, year and check digit: only vin_of() contains the layout.
    return vin_of(options, vehicle) == vin ? std::optional{vehicle} : std::nullopt;
}

std::optional<char> check_digit(std::string_view vin) {
    if (vin.size() != vin_length) return std::nullopt;
    int sum = 0;
    for (std::size_t i = 0; i < vin_length; ++i) {
        const auto value = character_values[static_cast<unsigned char>(vin[i])];
        if (value == invalid_character) return std::nullopt;
        sum += value * weights[i];
    }
    const int rest = sum % 11;
    return rest == 10 ? 'X' : static_cast<char>('0' + rest);
}

bool is_valid(std::string_view vin) {
    const auto right = check_digit(vin);
    return right && vin[check_digit_position] == *right;
}

std::string check(const vin_options& options) {
    constexpr std::string_view characters = " characters: digits and capital letters without I, O and Q";
    if (options.wmi.size() != 3 || !in_alphabet(options.wmi)) return "wmi must be 3" + std::string(characters);
    if (options.vds.size() != 5 || !in_alphabet(options.vds)) return "vds must be 5" + std::string(characters);
    if (options.year < first_year || options.year > last_year) return "year must be 1980 to 2039";
    return {};
}

} // namespace loadsim::vehicle
