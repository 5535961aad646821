#include "gzip.hpp"

#include <zlib.h>

#include <array>
#include <new>

namespace loadsim::report {

struct gzip_compressor::stream {
    z_stream z{};
};

gzip_compressor::gzip_compressor() : stream_(std::make_unique<stream>()) {
    constexpr int gzip_window = 15 + 16; // zlib.h: 16 adds a gzip header
    constexpr int memory_level = 8;
    if (::deflateInit2(&stream_->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        throw std::bad_alloc(); // the only possible reason with these arguments
}

gzip_compressor::~gzip_compressor() { ::deflateEnd(&stream_->z); }

std::string gzip_compressor::compress(std::string_view text) {
    return text.empty() ? std::string{} : deflate(text, Z_SYNC_FLUSH);
}

std::string gzip_compressor::finish() { return deflate({}, Z_FINISH); }

std::string gzip_compressor::deflate(std::string_view text, int flush) {
    auto& z = stream_->z;
    std::string compressed;
    std::array<char, 16'384> buffer;
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); // not written to
    z.avail_in = static_cast<uInt>(text.size());
    do {
        z.next_out = reinterpret_cast<Bytef*>(buffer.data());
        z.avail_out = static_cast<uInt>(buffer.size());
        ::deflate(&z, flush);
        compressed.append(buffer.data(), buffer.size() - z.avail_out);
    } while (z.avail_out == 0);
    return compressed;
}

} // namespace loadsim::report
