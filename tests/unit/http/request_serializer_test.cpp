// Serialized requests, and their redirection to another base URL.
#include "request_serializer.hpp"

#include <gtest/gtest.h>

using namespace loadsim;
using http::request;

namespace {

net::endpoint url(std::string_view text) { return *net::parse_api_url(text); }

std::string made(const request& r, std::string_view base = "http://api.test:8080/base", bool absolute = false) {
    http::request_serializer bytes;
    bytes.serialize(r, http::route_to(url(base), absolute));
    return std::string(bytes.bytes());
}

} // namespace

TEST(request_serializer, conforms_to_rfc_9112) {
    EXPECT_EQ(made({.method = "POST", .target = "/x"}),
              "POST /base/x HTTP/1.1\r\nHost: api.test:8080\r\nContent-Length: 0\r\nAccept: application/json\r\n\r\n");
    EXPECT_EQ(made({.method = "GET", .target = "/x?y=1"}, "http://[::1]"),
              "GET /x?y=1 HTTP/1.1\r\nHost: [::1]\r\nAccept: application/json\r\n\r\n");
    EXPECT_EQ(made({.method = "PUT", .target = "/x", .headers = {{"X-Key", "k"}, {"accept", "*/*"}}, .body = "{}"},
                   "https://api.test"),
              "PUT /x HTTP/1.1\r\nHost: api.test\r\nX-Key: k\r\naccept: */*\r\nContent-Length: 2\r\n"
              "Content-Type: application/json\r\n\r\n{}");
    EXPECT_EQ(made({.method = "POST", .target = "/", .headers = {{"Content-Type", "text/plain"}}, .body = "[x"}),
              "POST /base/ HTTP/1.1\r\nHost: api.test:8080\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
              "Accept: application/json\r\n\r\n[x");
}

TEST(request_serializer, host_of_the_request_replaces_that_of_the_base) {
    const request r{.target = "/x", .headers = {{"host", "vehicles.test"}}};
    constexpr auto expected = "GET /base/x HTTP/1.1\r\nhost: vehicles.test\r\nAccept: application/json\r\n\r\n";
    EXPECT_EQ(made(r), expected);
    http::request_serializer bytes;
    bytes.serialize(r, http::route_to(url("http://other.test"), false));
    bytes.retarget(http::route_to(url("http://api.test:8080/base"), false));
    EXPECT_EQ(bytes.bytes(), expected) << "after a failover too";
}

TEST(request_serializer, an_empty_host_of_the_request_is_that_of_the_base) {
    EXPECT_EQ(made({.target = "/x", .headers = {{"Host", ""}}}),
              "GET /base/x HTTP/1.1\r\nHost: api.test:8080\r\nAccept: application/json\r\n\r\n");
}

TEST(request_serializer, base_path_is_sent_as_written) {
    EXPECT_TRUE(
        made({.target = "/x"}, "http://h/fleet%20api%2Fv1").starts_with("GET /fleet%20api%2Fv1/x HTTP/1.1\r\n"));
    EXPECT_TRUE(
        made({.target = "/x"}, "http://h/a%0D%0AX-Evil:%201").starts_with("GET /a%0D%0AX-Evil:%201/x HTTP/1.1"));
}

TEST(request_serializer, uses_absolute_form_for_a_proxy) {
    EXPECT_TRUE(made({.target = "/x"}, "http://api.test:81/base", true)
                    .starts_with("GET http://api.test:81/base/x HTTP/1.1\r\nHost: api.test:81\r\n"));
    EXPECT_EQ(http::connect_request(url("https://[::1]/base")),
              "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n");
}

TEST(request_serializer, retargeted_request_equals_one_serialized_for_that_base) {
    const request r{.method = "POST", .target = "/x", .headers = {{"X-Host", "api.test:8080"}}, .body = "/base"};
    const std::initializer_list<const char*> bases = {"http://api.test:8080/base", "http://b",
                                                      "https://a.long.name.test:4443/v1/api"};
    for (const auto* from : bases)
        for (const auto* to : bases) {
            http::request_serializer bytes;
            bytes.serialize(r, http::route_to(url(from), false));
            bytes.retarget(http::route_to(url(to), false));
            EXPECT_EQ(bytes.bytes(), made(r, to)) << from;
            bytes.retarget(http::route_to(url(from), false));
            EXPECT_EQ(bytes.bytes(), made(r, from)) << "and back from " << to;
        }
}

TEST(request_serializer, prevents_header_injection) {
    const std::string evil("a\r\nX-Evil: 1\0b", 14);
    const auto text = made({.target = "/a b\r\nX: y\xc3\xa9", .headers = {{"X-Key", evil}}});
    EXPECT_TRUE(text.starts_with("GET /base/a%20b%0D%0AX:%20y%C3%A9 HTTP/1.1\r\n")) << text;
    EXPECT_NE(text.find("X-Key: a  X-Evil: 1 b\r\n"), std::string::npos) << text;
}

TEST(request_serializer, keeps_nothing_of_the_previous_request) {
    http::request_serializer bytes;
    const auto route = http::route_to(url("http://h"), false);
    bytes.serialize({.method = "HEAD", .target = "/long/target"}, route);
    EXPECT_TRUE(bytes.is_head());
    bytes.serialize({.method = "GET", .target = "/"}, route);
    EXPECT_FALSE(bytes.is_head());
    EXPECT_EQ(bytes.bytes(), made({.method = "GET", .target = "/"}, "http://h"));
}
