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

TEST(service_request, is_the_same_with_vehicle_and_service_in_their_places) {
    for (const auto* path : {"", "/base"}) {
        const net::endpoint api{.scheme = "http", .host = "api.test", .port = 8080, .path = path};
        const drive::service_request requests(api);
        std::string out = "what was there before";
        requests.write("V1", "horn", out);
        EXPECT_EQ(out, drive::http_request("POST", api, "/vehicles/V1/remote-services/horn"));
        requests.write("V22", "light-flash", out);
        EXPECT_EQ(out, drive::http_request("POST", api, "/vehicles/V22/remote-services/light-flash"));
    }
}
