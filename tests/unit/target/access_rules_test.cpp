#include <loadsim/target/access_rules.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

using loadsim::target::access_rules;

namespace {

const std::string defaults = R"({"defaultACLAccess":{"publishClientSend":false,"publishClientReceive":true,)"
                             R"("subscribe":false,"unsubscribe":true},)";

} // namespace

TEST(access_rules, without_clients_nobody_may_do_anything) {
    EXPECT_EQ(access_rules().text(), defaults + R"("clients":[],"groups":[],"roles":[]})");
}

TEST(access_rules, are_a_role_for_each_client) {
    access_rules rules;
    rules.allow_all("loadsim");
    rules.allow("V1", std::vector<std::string>{"v1/V1/cmd/#"}, std::vector<std::string>{"v1/V1/rsp/#", "v1/V1/state"});
    EXPECT_EQ(rules.text(), defaults + R"("clients":[{"username":"loadsim","roles":[{"rolename":"loadsim"}]},)"
                                       R"({"username":"V1","roles":[{"rolename":"V1"}]}],"groups":[],)"
                                       R"("roles":[{"rolename":"loadsim","acls":[)"
                                       R"({"acltype":"subscribePattern","topic":"#","allow":true},)"
                                       R"({"acltype":"publishClientSend","topic":"#","allow":true}]},)"
                                       R"({"rolename":"V1","acls":[)"
                                       R"({"acltype":"subscribeLiteral","topic":"v1/V1/cmd/#","allow":true},)"
                                       R"({"acltype":"publishClientSend","topic":"v1/V1/rsp/#","allow":true},)"
                                       R"({"acltype":"publishClientSend","topic":"v1/V1/state","allow":true}]}]})");
}

TEST(access_rules, are_json_whatever_the_names) {
    access_rules rules;
    rules.allow(R"(a"b)", std::vector<std::string>{R"(c\d)"}, {});
    EXPECT_EQ(rules.text(), defaults + R"("clients":[{"username":"a\"b","roles":[{"rolename":"a\"b"}]}],"groups":[],)"
                                       R"("roles":[{"rolename":"a\"b","acls":[)"
                                       R"({"acltype":"subscribeLiteral","topic":"c\\d","allow":true}]}]})");
}
