#include "base64.hpp"

#include <boost/archive/iterators/base64_from_binary.hpp>
#include <boost/archive/iterators/binary_from_base64.hpp>
#include <boost/archive/iterators/transform_width.hpp>

#include <algorithm>

namespace loadsim::measure {
namespace iterators = boost::archive::iterators;

std::string to_base64(std::span<const std::uint8_t> bytes) {
    using encoder = iterators::base64_from_binary<iterators::transform_width<const std::uint8_t*, 6, 8>>;
    std::string text(encoder(bytes.data()), encoder(bytes.data() + bytes.size()));
    text.append((3 - bytes.size() % 3) % 3, '=');
    return text;
}

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
    using decoder = iterators::transform_width<iterators::binary_from_base64<const char*>, 8, 6>;
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
    // The decoder throws on an invalid character, but reads '=' as zero.
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.find_first_not_of(alphabet) != std::string_view::npos) return std::nullopt;
    // Copies a number of bytes, not up to an end iterator: the last characters hold more bits than whole bytes.
    std::vector<std::uint8_t> bytes(text.size() * 6 / 8);
    std::copy_n(decoder(text.data()), bytes.size(), bytes.begin());
    return bytes;
}

} // namespace loadsim::measure
