#include <loadsim/net/url.hpp>

#include <gtest/gtest.h>

using namespace loadsim;
using namespace loadsim::net;

TEST(broker_url, reads_host_and_port) {
    EXPECT_EQ(*parse_broker_url("mqtt://broker.example:1884"), (endpoint{"mqtt", "broker.example", 1884, ""}));
    EXPECT_EQ(*parse_broker_url("tcp://10.0.0.1"), (endpoint{"mqtt", "10.0.0.1", 1883, ""}));
    EXPECT_EQ(*parse_broker_url("mqtt://[::1]:1883/"), (endpoint{"mqtt", "::1", 1883, ""}));
    EXPECT_EQ(to_string(*parse_broker_url("mqtt://[::1]")), "mqtt://[::1]:1883");
}

TEST(broker_url, may_use_tls) {
    EXPECT_EQ(*parse_broker_url("mqtts://broker.example"), (endpoint{"mqtts", "broker.example", 8883, ""}));
    EXPECT_EQ(*parse_broker_url("SSL://broker.example:443"), (endpoint{"mqtts", "broker.example", 443, ""}));
    EXPECT_EQ(to_paho_uri(*parse_broker_url("mqtts://b")), "ssl://b:8883");
    EXPECT_TRUE(uses_tls(*parse_broker_url("mqtts://b")));
    EXPECT_FALSE(uses_tls(*parse_broker_url("mqtt://b")));
}

TEST(api_url, keeps_its_base_path_without_the_last_slash) {
    EXPECT_EQ(*parse_api_url("http://api.example/base/v2/"), (endpoint{"http", "api.example", 80, "/base/v2"}));
    EXPECT_EQ(to_string(*parse_api_url("http://api.example:8080/base")), "http://api.example:8080/base");
}

TEST(api_url, may_use_tls) {
    EXPECT_EQ(*parse_api_url("https://api.example/base"), (endpoint{"https", "api.example", 443, "/base"}));
    EXPECT_EQ(to_string(*parse_api_url("https://[::1]:8443")), "https://[::1]:8443");
    const auto read = parse_api_url("https://user:secret@host");
    ASSERT_FALSE(read);
    EXPECT_NE(to_string(read.error()).find("credentials do not belong in a URL"), std::string::npos);
}

TEST(api_url, keeps_the_percent_encoding_of_its_base_path) {
    EXPECT_EQ(parse_api_url("http://h/fleet%20api%2Fv1/")->path, "/fleet%20api%2Fv1");
    EXPECT_EQ(parse_api_url("http://h/a%0D%0AX-Evil:%201")->path, "/a%0D%0AX-Evil:%201");
    EXPECT_EQ(to_string(*parse_api_url("http://h/a%2fb")), "http://h:80/a%2fb");
    EXPECT_FALSE(parse_api_url("http://h%0D%0AX-Evil:%201/a")) << "the host goes into a header";
}

TEST(api_url, scheme_is_case_insensitive) {
    EXPECT_EQ(*parse_api_url("HTTPS://api.example"), (endpoint{"https", "api.example", 443, ""}));
    EXPECT_EQ(*parse_api_url("Http://api.example"), (endpoint{"http", "api.example", 80, ""}));
    EXPECT_EQ(*parse_broker_url("MQTT://b"), (endpoint{"mqtt", "b", 1883, ""}));
}

TEST(api_url, error_never_prints_userinfo) {
    for (const std::string text :
         {"http://user:secret@host", "mqtt://user:secret@host/path", "http://user:sec ret@host",
          "ftp://user:secret@host", "user:secret@a://b@host", "user:secret@host", "http://user:se/cret@host:99999"})
        for (auto* const parse : {parse_api_url, parse_broker_url}) {
            const auto read = parse(text);
            ASSERT_FALSE(read) << text;
            EXPECT_EQ(to_string(read.error()).find("user:"), std::string::npos) << to_string(read.error());
            EXPECT_NE(to_string(read.error()).find("***@host"), std::string::npos) << to_string(read.error());
        }
}

struct bad_url {
    const char* text;
    const char* says;
};

TEST(broker_url, error_names_the_cause_and_the_expected_form) {
    const bad_url cases[] = {
        {"", "mqtt://127.0.0.1:1883"},
        {"localhost:1883", "write it as mqtt://"},
        {"http://localhost", "scheme 'http'"},
        {"wss://localhost", "scheme 'wss'"},
        {"mqtts://host/path", "write it as mqtts://127.0.0.1:8883"},
        {"mqtt://user:secret@host", "credentials do not belong in a URL"},
        {"mqtt://host/path", "more than a host and a port"},
        {"mqtt://host:0", "port outside"},
        {"mqtt://host:99999", "port outside"},
        {"mqtt://", "not a URL"},
    };
    for (const auto& c : cases) {
        const auto read = parse_broker_url(c.text);
        ASSERT_FALSE(read) << c.text;
        EXPECT_NE(to_string(read.error()).find(c.says), std::string::npos) << to_string(read.error());
    }
}

TEST(api_url, has_no_query_and_no_fragment) {
    EXPECT_EQ(parse_api_url("http://h/a?b").error().list.front().text,
              "'http://h/a?b' has a query ('?') behind its path; leave that out: http://127.0.0.1:8080/base");
    EXPECT_EQ(parse_api_url("https://h#a").error().list.front().text,
              "'https://h#a' has a fragment ('#') behind its path; leave that out: https://127.0.0.1:8443/base");
}

TEST(api_url, rejects_characters_after_the_port) {
    const auto read = parse_api_url("http://127.0.0.1:8080x");
    ASSERT_FALSE(read);
    EXPECT_NE(to_string(read.error()).find("'http://127.0.0.1:8080x' is not a URL"), std::string::npos);
}

TEST(collector_url, problems_name_the_collector) {
    EXPECT_EQ(*parse_collector_url("https://otel.example/base"), (endpoint{"https", "otel.example", 443, "/base"}));
    EXPECT_EQ(parse_collector_url("nope").error().list.front().text,
              "'nope' is not a URL of a collector; write it as http://127.0.0.1:4318");
    EXPECT_EQ(parse_collector_url("grpc://h:4317").error().list.front().text,
              "'grpc://h:4317' has the scheme 'grpc'; a collector is written http://127.0.0.1:4318");
}

TEST(listen_address, reads_v4_v6_and_port_0) {
    EXPECT_EQ(*parse_listen_address("127.0.0.1:8080"), (endpoint{"http", "127.0.0.1", 8080, ""}));
    EXPECT_EQ(*parse_listen_address("[::1]:0"), (endpoint{"http", "::1", 0, ""}));
    for (const auto* text : {"", "8080", ":8080", "127.0.0.1:", "127.0.0.1:99999", "::1:80", "a:b", "1.2.3.4:80x"})
        EXPECT_FALSE(parse_listen_address(text)) << text;
}
