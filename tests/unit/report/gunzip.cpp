#include "gunzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>

namespace loadsim::report {

std::string gunzipped(std::string_view compressed, bool* complete) {
    z_stream z{};
    EXPECT_EQ(::inflateInit2(&z, 15 + 16), Z_OK);
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    z.avail_in = static_cast<uInt>(compressed.size());
    std::string text;
    std::array<char, 4096> buffer;
    int status = Z_OK;
    do {
        z.next_out = reinterpret_cast<Bytef*>(buffer.data());
        z.avail_out = static_cast<uInt>(buffer.size());
        status = ::inflate(&z, Z_SYNC_FLUSH);
        text.append(buffer.data(), buffer.size() - z.avail_out);
    } while (status == Z_OK);
    EXPECT_TRUE(status == Z_STREAM_END || status == Z_BUF_ERROR) << status; // Z_BUF_ERROR: no more input
    if (complete != nullptr) *complete = status == Z_STREAM_END;
    ::inflateEnd(&z);
    return text;
}

} // namespace loadsim::report
