#include "http_request.hpp"

#include <gtest/gtest.h>

using namespace loadsim;

TEST(http_request, is_what_rfc_9112_wants) {
    EXPECT_EQ(drive::http_request("POST", {.scheme = "http", .host = "api.test", .port = 8080, .path = "/base"}, "/x"),
              "POST /base/x HTTP/1.1\r\nHost: api.test:8080\r\nContent-Length: 0\r\nAccept: application/json\r\n\r\n");
}

TEST(http_request, puts_an_address_of_version_6_into_brackets) {
    const auto text = drive::http_request("GET", {.scheme = "http", .host = "::1", .port = 80, .path = ""}, "/x");
    EXPECT_NE(text.find("Host: [::1]:80\r\n"), std::string::npos);
}
