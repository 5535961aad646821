// Routing table of the API: valid and invalid requests, and their responses.
#include "http_api.hpp"
#include "service_core_fixture.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

using namespace loadsim;
using namespace loadsim::backend;
using namespace std::chrono_literals;

namespace {

class api : public service_core_fixture {
protected:
    http::server_response send_request(std::string_view method, std::string_view target, std::string_view body = {}) {
        auto response = handle_request(*core, {method, target, body});
        return response.deferred ? *response.deferred->find() : response;
    }
    static boost::json::object json(const http::server_response& r) { return boost::json::parse(r.body).as_object(); }
};

struct api_case {
    std::string_view method;
    std::string_view target;
    std::string_view body;
    unsigned status;
    std::string_view detail; // part of the problem's detail
    std::string_view why;
};

constexpr std::string_view horn = "/vehicles/LZ9SMEV05TF000001/remote-services/horn";

const api_case api_cases[] = {
    {"POST", horn, "", 202, "", "no body needed"},
    {"POST", horn, R"({"duration": 3})", 202, "", "parameters"},
    {"POST", horn, "{}", 202, "", "none of them"},
    {"POST", "/vehicles/LZ9SMEV05TF000001/remote-services/horn?source=app", "", 202, "",
     "a query is no part of the path"},
    {"POST", "http://host:8080/vehicles/LZ9SMEV05TF000001/remote-services/horn", "", 202, "",
     "RFC 9112: absolute form"},
    {"POST", horn, "{", 400, "JSON object", "cut off"},
    {"POST", horn, "[1]", 400, "JSON object", "not an object"},
    {"POST", horn, "{} x", 400, "JSON object", "something after it"},
    {"POST", horn, "\xff\xfe", 400, "JSON object", "not even text"},
    {"POST", "/vehicles/LZ9SMEV05TF00000I/remote-services/horn", "", 400, "VIN", "I is not of a VIN"},
    {"POST", "/vehicles/LZ9SMEV05TF0000%31/remote-services/horn", "", 400, "VIN", "no VIN needs percent-encoding"},
    {"POST", "/vehicles//remote-services/horn", "", 400, "VIN", "empty"},
    {"POST", "/vehicles/LZ9SMEV05TF000001/remote-services/fly", "", 404, "remote service", "unknown"},
    {"POST", "/vehicles/LZ9SMEV05TF000001/remote-services/", "", 404, "remote service", "empty"},
    {"POST", "/vehicles/LZ9SMEV05TF000001/remote-services/Horn", "", 404, "remote service", "names are exact"},
    {"POST", "/vehicles/LZ9SMEV05TF000001/remote-services/horn/", "", 404, "no such path", "a level too many"},
    {"POST", "/vehicles/LZ9SMEV05TF000001/remote-services", "", 404, "no such path", "a level too few"},
    {"POST", "/vehicles/LZ9SMEV05TF000001/services/horn", "", 404, "no such path", "another word"},
    {"GET", horn, "", 405, "POST", "not to be read"},
    {"DELETE", horn, "", 405, "POST", "nor to be deleted"},
    {"POST", "/requests/abcd123400000001", "", 405, "GET", "not to be written"},
    {"GET", "/requests/abcd123400000001", "", 404, "no such request", "never was"},
    {"GET", "/requests/", "", 404, "no such request", "empty"},
    {"GET", "/requests/..%2f..", "", 404, "no such request", "somebody tries"},
    {"GET", "/requests", "", 404, "no such path", "no list of them"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests", "", 404, "no such requests", "none yet"},
    {"GET", "/vehicles/LZ9SMEV05TF00000I/requests", "", 400, "VIN", "I is not of a VIN"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests/", "", 404, "no such path", "a level too many"},
    {"POST", "/vehicles/LZ9SMEV05TF000001/requests", "", 405, "GET", "not to be written"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?limit=0", "", 400, "from 1 to 100", "too few"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?limit=101", "", 400, "from 1 to 100", "too many"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?limit=-1", "", 400, "from 1 to 100", "negative"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?limit=99999999999", "", 400, "from 1 to 100", "beyond 32 bits"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?limit=2x", "", 400, "from 1 to 100", "no number"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?limit", "", 400, "from 1 to 100", "no value"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?before=", "", 400, "id of a request", "no value"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?limit=2&page=3", "", 400, "only query parameters", "unknown"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?limit=2&before=x", "", 404, "no such requests", "before nothing"},
    {"GET", "/vehicles/LZ9SMEV05TF000001/requests?", "", 404, "no such requests", "an empty query"},
    {"GET", "/health", "", 200, "", ""},
    {"POST", "/health", "", 405, "GET", "not to be written"},
    {"GET", "/", "", 404, "no such path", "root"},
    {"GET", "", "", 404, "no such path", "empty"},
    {"GET", "*", "", 404, "no such path", "OPTIONS' own form"},
    {"GET", "http://host", "", 404, "no such path", "absolute, without a path"},
    {"GET", "health", "", 404, "no such path", "not a path"},
    {"GET", "//health", "", 404, "no such path", "an empty level is a level"},
    {"GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p", "", 404, "no such path", "deep"},
};

} // namespace

TEST_F(api, responds_to_each_request_with_the_expected_status) {
    for (const auto& r : api_cases) {
        restart();
        const auto got = send_request(r.method, r.target, r.body);
        const auto what = std::string(r.method) + ' ' + std::string(r.target) + ": " + std::string(r.why);
        EXPECT_EQ(got.status, r.status) << what;
        if (got.status < 400) {
            EXPECT_EQ(got.content_type, "application/json") << what;
            continue;
        }
        EXPECT_EQ(got.content_type, "application/problem+json") << what;
        const auto body = json(got);
        EXPECT_EQ(body.at("status").as_int64(), r.status) << what;
        EXPECT_EQ(body.at("title").as_string(), std::string(http::reason_phrase(r.status))) << what;
        EXPECT_NE(body.at("detail").as_string().find(std::string(r.detail)), std::string::npos)
            << what << ": " << got.body;
        EXPECT_EQ(core->counts().requests.created, 0U) << what;
    }
}

TEST_F(api, a_created_request_returns_id_and_location) {
    const auto got = send_request("POST", horn);
    ASSERT_EQ(got.status, 202U);
    const auto body = json(got);
    const std::string id{body.at("id").as_string()};
    EXPECT_EQ(body.at("state").as_string(), "created");
    ASSERT_EQ(got.headers.size(), 1U);
    EXPECT_EQ(got.headers[0].first, "Location");
    EXPECT_EQ(got.headers[0].second, "/requests/" + id);
    EXPECT_EQ(send_request("GET", got.headers[0].second).status, 200U);
}

TEST_F(api, a_busy_vehicle_is_a_conflict_that_names_the_active_request) {
    const auto id = pending_request();
    const auto got = send_request("POST", horn);
    EXPECT_EQ(got.status, 409U);
    EXPECT_EQ(json(got).at("active").as_string(), id);
    EXPECT_EQ(json(got).at("title").as_string(), "Conflict");
}

TEST_F(api, a_wrong_method_returns_the_allowed_ones) {
    const auto post = send_request("PUT", horn);
    ASSERT_EQ(post.headers.size(), 1U);
    EXPECT_EQ(post.headers[0], (std::pair<std::string, std::string>{"Allow", "POST"}));
    EXPECT_EQ(send_request("DELETE", "/requests/x").headers.at(0).second, "GET, HEAD");
}

TEST_F(api, returns_a_request_with_the_times_of_its_states) {
    const auto id = pending_request();
    advance(7ms);
    send_ack(id);
    auto body = json(send_request("GET", "/requests/" + id));
    EXPECT_EQ(body.at("id").as_string(), id);
    EXPECT_EQ(body.at("vin").as_string(), std::string(horn_vin));
    EXPECT_EQ(body.at("service").as_string(), "horn");
    EXPECT_EQ(body.at("state").as_string(), "running");
    EXPECT_EQ(body.at("reason").as_string(), "");
    EXPECT_EQ(body.at("instants").as_object(),
              (boost::json::object{{"created", start_ms}, {"pending", start_ms}, {"running", start_ms + 7}}));
    advance(5ms);
    send_final(id, false, "\"quoted\"\n");
    body = json(send_request("GET", "/requests/" + id));
    EXPECT_EQ(body.at("state").as_string(), "failed");
    EXPECT_EQ(body.at("reason").as_string(), "\"quoted\"\n") << "text from a vehicle is escaped in the JSON";
    EXPECT_EQ(body.at("instants").at("failed").as_int64(), start_ms + 12);
}

TEST_F(api, a_skipped_state_has_no_time) {
    const auto id = pending_request();
    send_final(id);
    const auto body = json(send_request("GET", "/requests/" + id));
    EXPECT_FALSE(body.at("instants").as_object().contains("running"));
    EXPECT_TRUE(body.at("instants").as_object().contains("executed"));
}

// Event store.

TEST_F(api, a_request_that_is_no_longer_remembered_is_read_from_the_event_store) {
    config.remembered = 1;
    config.batch = 10; // nothing is written yet
    restart();
    const auto id = pending_request();
    advance(7ms);
    send_ack(id);
    advance(5ms);
    send_final(id, false, "door_open");
    const auto remembered = json(send_request("GET", "/requests/" + id));
    pending_request(other_vin);
    ASSERT_EQ(core->find(id), nullptr);
    EXPECT_TRUE(store.batches.empty());
    EXPECT_EQ(json(send_request("GET", "/requests/" + id)), remembered);
    store.readable = false;
    EXPECT_EQ(send_request("GET", "/requests/" + id).status, 503U);
}

TEST_F(api, a_request_dropped_by_a_fault_is_not_in_the_event_store) {
    config.faults = {{.what = fault::kind::forget,
                      .applies_to = fault::message::request,
                      .rule = {.every = 1, .probability = {}, .window = {}},
                      .delay = 0ns}};
    restart();
    const auto id = pending_request();
    EXPECT_EQ(send_request("GET", "/requests/" + id).status, 404U);
    EXPECT_TRUE(store.events().empty());
}

TEST_F(api, returns_the_requests_of_a_vehicle_newest_first_and_page_by_page) {
    std::vector<std::string> ids; // newest first
    for (int i = 0; i < 5; ++i) {
        if (i != 3) advance(1ms); // two in the same millisecond
        ids.insert(ids.begin(), pending_request());
        send_final(ids.front());
        send_response(pending_request(other_vin), phase::final, true, {}, other_vin);
    }
    const auto history = "/vehicles/" + std::string(horn_vin) + "/requests";
    std::vector<std::string> found;
    auto path = history + "?limit=2";
    for (int page = 0; page < 3; ++page) {
        const auto body = json(send_request("GET", path));
        EXPECT_EQ(body.at("vin").as_string(), std::string(horn_vin));
        for (const auto& r : body.at("requests").as_array()) {
            found.emplace_back(r.at("id").as_string());
            EXPECT_EQ(r, boost::json::value(json(send_request("GET", "/requests/" + found.back()))));
        }
        ASSERT_EQ(body.contains("next"), page < 2) << path;
        if (page == 2) break;
        EXPECT_EQ(found.size(), static_cast<std::size_t>(page + 1) * 2);
        path = std::string(body.at("next").as_string());
        EXPECT_EQ(path, history + "?limit=2&before=" + found.back());
    }
    EXPECT_EQ(found, ids);
    const auto all = json(send_request("GET", history));
    EXPECT_EQ(all.at("requests").as_array().size(), 5U);
    EXPECT_FALSE(all.contains("next"));
    EXPECT_EQ(json(send_request("GET", history + "?limit=5")).contains("next"), false) << "a full last page";
}

TEST_F(api, a_request_is_in_the_history_at_once) {
    config.batch = 10;
    restart();
    const auto id = core->create(horn_vin, "horn").id; // not even run() since
    const auto body = json(send_request("GET", "/vehicles/" + std::string(horn_vin) + "/requests?limit=1"));
    ASSERT_EQ(body.at("requests").as_array().size(), 1U);
    EXPECT_EQ(body.at("requests").at(0).at("id").as_string(), id);
}

TEST_F(api, health_reports_whether_the_broker_is_connected) {
    EXPECT_EQ(json(send_request("GET", "/health")).at("broker").as_string(), "connected");
    core->out().on_connection_lost();
    const auto got = send_request("GET", "/health");
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(json(got).at("broker").as_string(), "disconnected");
}

// With a broker's HTTP API in place of MQTT.

TEST_F(api, accepts_responses_with_a_brokers_http_api) {
    config.broker_api.url = "http://broker";
    restart();
    const auto id = pending_request();
    const auto response_url = "/vehicles/" + std::string(horn_vin) + "/responses";
    const auto post_response = [&](response response) {
        const auto got = send_request("POST", response_url, to_json(response));
        core->run();
        return got;
    };
    const auto acked = post_response({.id = id, .code = {}, .seq = 1});
    EXPECT_EQ(acked.status, 202U);
    EXPECT_TRUE(acked.body.empty());
    EXPECT_EQ(core->find(id)->state, state::running);
    EXPECT_EQ(post_response({.id = id, .phase = phase::final, .code = {}, .seq = 2}).status, 202U);
    EXPECT_EQ(core->find(id)->state, state::executed);
    EXPECT_EQ(send_request("POST", response_url, R"({"state":"asleep","wake":"udp"})").status, 202U) << "presence";
    EXPECT_EQ(core->counts().wakeup.asleep, 1U);
    for (const auto* wrong : {"", "{", "[]", R"({"id":"x"})", R"({"phase":"ack"})"})
        EXPECT_EQ(send_request("POST", response_url, wrong).status, 400U) << wrong;
    EXPECT_EQ(send_request("GET", response_url).status, 405U);
}

TEST_F(api, rejects_responses_with_an_mqtt_broker) {
    const auto id = pending_request();
    const auto got = send_request("POST", "/vehicles/" + std::string(horn_vin) + "/responses",
                                  to_json(response{.id = id, .code = {}, .seq = 1}));
    EXPECT_EQ(got.status, 404U);
    EXPECT_EQ(core->find(id)->state, state::pending);
}

TEST_F(api, rejects_with_503_what_finds_no_room_in_the_queue) {
    config.workers = 1;
    config.queue = 1;
    config.faults = {{.what = fault::kind::delay,
                      .applies_to = fault::message::command,
                      .rule = {.every = 1, .probability = {}, .window = {}},
                      .delay = 1s}};
    restart();
    const auto post = [this](std::string_view vin) {
        const auto response = send_request("POST", "/vehicles/" + std::string(vin) + "/remote-services/horn");
        core->run();
        return response;
    };
    EXPECT_EQ(post(horn_vin).status, 202U) << "has the worker";
    EXPECT_EQ(post(other_vin).status, 202U) << "waits";
    const auto full = post("5GZCZ43D13S812715");
    EXPECT_EQ(full.status, 503U);
    EXPECT_NE(json(full).at("detail").as_string().find("queue is full"), std::string::npos);
}
