// Machine resources, read from folders that imitate /proc and the cgroup file system.
#include <loadsim/target/machine_resources.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <stdlib.h>

using loadsim::target::inspect_machine;

namespace fs = std::filesystem;

namespace {

/// Temporary root folder with the given files.
class fake_root {
public:
    explicit fake_root(const std::map<std::string, std::string>& files) {
        auto name = (fs::temp_directory_path() / "loadsim-machine-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        path_ = name;
        for (const auto& [file, text] : files) {
            fs::create_directories((path_ / file).parent_path());
            std::ofstream(path_ / file) << text;
        }
    }
    ~fake_root() { fs::remove_all(path_); }
    fake_root(const fake_root&) = delete;
    fake_root& operator=(const fake_root&) = delete;
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

loadsim::target::machine_resources inspect(const std::map<std::string, std::string>& files) {
    return inspect_machine(fake_root(files).path());
}

const std::pair<const std::string, std::string> four_gib{"proc/meminfo",
                                                         "MemTotal: 8388608 kB\nMemAvailable:    4194304 kB\n"};
constexpr std::uint64_t mib = 1024 * 1024;

} // namespace

TEST(machine_resources, are_read_in_the_format_of_linux) {
    const auto m = inspect({four_gib,
                            {"proc/sys/fs/nr_open", "1048576\n"},
                            {"proc/sys/fs/file-max", "2466177\n"},
                            {"proc/sys/fs/file-nr", "549\t0\t2466177\n"},
                            {"proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"},
                            {"proc/sys/net/ipv4/ip_local_reserved_ports", "\n"},
                            {"proc/sys/net/core/somaxconn", "4096\n"},
                            {"proc/sys/net/ipv4/tcp_max_syn_backlog", "2048\n"},
                            {"proc/sys/net/ipv4/tcp_mem", "287901\t383868\t575802\n"},
                            {"proc/sys/net/netfilter/nf_conntrack_max", "262144\n"},
                            {"proc/sys/net/netfilter/nf_conntrack_count", "17\n"},
                            {"proc/net/sockstat", "sockets: used 13\nTCP: inuse 1 orphan 0 tw 0 alloc 1 mem 66\n"
                                                  "UDP: inuse 0 mem 5\n"}});
    EXPECT_TRUE(m.open_files);
    EXPECT_EQ(m.open_files_max, 1'048'576U);
    EXPECT_EQ(m.files_free, 2'466'177U - 549);
    EXPECT_EQ(m.source_ports, 28'232U);
    EXPECT_EQ(m.listen_backlog, 4096U);
    EXPECT_EQ(m.syn_backlog, 2048U);
    ASSERT_TRUE(m.tcp);
    EXPECT_EQ(m.tcp->limit, 575'802 * m.page_size);
    EXPECT_EQ(m.tcp->used, 66 * m.page_size);
    ASSERT_TRUE(m.conntrack);
    EXPECT_EQ(m.conntrack->limit, 262'144U);
    EXPECT_EQ(m.conntrack->used, 17U);
    EXPECT_EQ(m.memory_free, 4096 * mib);
    EXPECT_FALSE(m.memory_limited_by_cgroup);
}

TEST(machine_resources, are_empty_if_unreadable) {
    for (const auto& m : {inspect({}), inspect({{"proc/sys/fs/nr_open", "many"},
                                                {"proc/sys/fs/file-max", "100"},
                                                {"proc/sys/net/ipv4/ip_local_port_range", "60999 32768"},
                                                {"proc/sys/net/ipv4/tcp_mem", "1 2"},
                                                {"proc/meminfo", "MemTotal: 1 kB\n"}})}) {
        EXPECT_FALSE(m.open_files_max);
        EXPECT_FALSE(m.files_free);
        EXPECT_FALSE(m.source_ports);
        EXPECT_FALSE(m.listen_backlog);
        EXPECT_FALSE(m.syn_backlog);
        EXPECT_FALSE(m.tcp);
        EXPECT_FALSE(m.conntrack);
        EXPECT_FALSE(m.memory_free);
    }
}

TEST(source_ports, exclude_reserved_ports) {
    const std::pair<const char*, std::uint64_t> rows[] = {
        {"", 1000},       {"1500", 999}, {"1500-1509", 990}, {"1500,1600-1601", 997}, {"1,1991-3000,70000", 990},
        {"900-5000", 0U},
    };
    for (const auto& [reserved, ports] : rows)
        EXPECT_EQ(inspect({{"proc/sys/net/ipv4/ip_local_port_range", "1001 2000"},
                           {"proc/sys/net/ipv4/ip_local_reserved_ports", std::string(reserved) + "\n"}})
                      .source_ports,
                  ports)
            << reserved;
}

TEST(source_ports, of_older_kernels_are_slow_beyond_half) {
    const std::pair<const char*, bool> rows[] = {{"6.1.0-28-amd64", true}, {"5.15.0", true},   {"6.7.9", true},
                                                 {"6.8.0-1", false},       {"6.18.44", false}, {"7.0", false}};
    for (const auto& [release, slow] : rows)
        EXPECT_EQ(inspect({{"proc/sys/kernel/osrelease", std::string(release) + "\n"}}).slow_above_half_of_ports, slow)
            << release;
}

TEST(memory, is_limited_by_the_tightest_cgroup) {
    const struct {
        std::map<std::string, std::string> files;
        std::uint64_t mib;
        bool of_group;
        const char* why;
    } rows[] = {
        {{{"proc/self/cgroup", "0::/a/b\n"}}, 4096, false, "no files"},
        {{{"proc/self/cgroup", "0::/a/b\n"},
          {"sys/fs/cgroup/a/b/memory.max", "max\n"},
          {"sys/fs/cgroup/a/b/memory.current", "1000\n"}},
         4096,
         false,
         "version 2 without a limit"},
        {{{"proc/self/cgroup", "0::/a/b\n"},
          {"sys/fs/cgroup/a/b/memory.max", "max\n"},
          {"sys/fs/cgroup/a/memory.max", "1073741824\n"},
          {"sys/fs/cgroup/a/memory.current", "536870912\n"},
          {"sys/fs/cgroup/a/memory.stat", "anon 5\ninactive_file 268435456\nactive_file 7\n"}},
         1024 - 512 + 256,
         true,
         "the limit of the group around it; what can be dropped is free"},
        {{{"proc/self/cgroup", "0::/of/the/host\n"},
          {"sys/fs/cgroup/memory.max", "1073741824\n"},
          {"sys/fs/cgroup/memory.current", "0\n"}},
         1024,
         true,
         "a container: the path is the host's, the mount is the group"},
        {{{"proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/a\n0::/\n"},
          {"sys/fs/cgroup/memory/a/memory.limit_in_bytes", "2147483648\n"},
          {"sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1073741824\n"},
          {"sys/fs/cgroup/memory/a/memory.stat", "cache 9\ntotal_inactive_file 536870912\n"}},
         1024 + 512,
         true,
         "version 1"},
        {{{"proc/self/cgroup", "4:memory:/a\n"},
          {"sys/fs/cgroup/memory/a/memory.limit_in_bytes", "9223372036854771712\n"},
          {"sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1073741824\n"}},
         4096,
         false,
         "version 1 without a limit"},
        {{{"proc/self/cgroup", "0::/a\n"},
          {"sys/fs/cgroup/a/memory.max", "1048576\n"},
          {"sys/fs/cgroup/a/memory.current", "2097152\n"}},
         0,
         true,
         "above its limit already"},
    };
    for (const auto& row : rows) {
        auto files = row.files;
        files.insert(four_gib);
        const auto m = inspect(files);
        EXPECT_EQ(m.memory_free, row.mib * mib) << row.why;
        EXPECT_EQ(m.memory_limited_by_cgroup, row.of_group) << row.why;
    }
}
