// Gzip compression of a file that grows.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace loadsim::report {

/// The bytes for each text can be decompressed as soon as they are written, so that the file of a killed run has all of them.
/// Threads: one.
class gzip_compressor {
public:
    gzip_compressor();
    ~gzip_compressor();
    gzip_compressor(const gzip_compressor&) = delete;
    gzip_compressor& operator=(const gzip_compressor&) = delete;

    std::string compress(std::string_view text);
    std::string finish(); ///< the last bytes; call once, after the last text

private:
    struct stream;
    std::string deflate(std::string_view text, int flush);
    std::unique_ptr<stream> stream_;
};

} // namespace loadsim::report
