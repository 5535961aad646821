// Fuzzer: arbitrary bytes as a histogram of an HdrHistogram log: as its text, as the body within it, and as the counts within that.
// Invariants: rejected with a sentence, or encoding and decoding give the same histogram.
#include "../../src/measure/hdr_counts_codec.hpp"

#include <loadsim/base/encoding.hpp>
#include <loadsim/measure/hdr_log.hpp>

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

using namespace loadsim;
using namespace loadsim::measure;

namespace {

std::string big_endian(std::uint32_t word) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift);
    return bytes;
}

std::string packed_text(std::span<const std::uint8_t> body) {
    std::string zipped(compressBound(body.size()), '\0');
    uLongf length = zipped.size();
    if (compress(reinterpret_cast<Bytef*>(zipped.data()), &length, body.data(), body.size()) != Z_OK) std::abort();
    zipped.resize(length);
    return to_base64(big_endian(0x1c849314) + big_endian(static_cast<std::uint32_t>(length)) + zipped);
}

void check(const result<histogram>& read) {
    if (!read) {
        if (read.error().empty() || read.error().list.front().text.empty()) std::abort();
        return;
    }
    if (read->counts().size() > histogram::index_count || read->percentile(50) > read->max()) std::abort();
    const auto again = decode_v2(encode_v2(*read));
    if (!again || *again != *read) std::abort();
}

} // namespace

// First byte: 0 text, 1 body, 2 counts.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span<const std::uint8_t> bytes(data + 1, size - 1);
    switch (data[0] % 3) {
    case 0: check(decode_v2({reinterpret_cast<const char*>(bytes.data()), bytes.size()})); break;
    case 1: check(decode_v2(packed_text(bytes))); break;
    default:
        if (auto counts = decode_hdr_counts(bytes))
            check(histogram::from_counts(std::move(*counts)));
        else
            check(counts.error());
    }
    return 0;
}
